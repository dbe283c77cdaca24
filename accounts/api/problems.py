"""How the API refuses: always one shape, with a code for programs and a sentence for people."""

from typing import Any

from django.forms import Form
from ninja import Schema
from pydantic import Field


class Problem(Schema):
    """Why a request was refused; nothing was changed."""

    code: str = Field(description="The same word for the same reason, for programs.")
    error: str = Field(description="One sentence for people.")
    fields: dict[str, str] | None = Field(None, description="What is wrong with each field, where fields are wrong.")
    brackets: list[str] | None = Field(None, description="The event's brackets, where another one was asked for.")


class ApiProblem(Exception):
    """A request that is refused, with a code for scripts and a sentence for people."""

    def __init__(self, status: int, code: str, sentence: str, **more: Any) -> None:
        super().__init__(sentence)
        self.status = status
        self.document = {"code": code, "error": sentence, **more}


REFUSALS: dict[int, Any] = dict.fromkeys((400, 401, 403, 404, 405, 409, 422, 429), Problem)


def answers(schema: Any, status: int = 200) -> dict[int, Any]:
    """Return what an operation may answer, for its description: this when it goes well, else a problem."""
    return {status: schema, **REFUSALS}


def checked(form: Form) -> Form:
    """Return the form if it is valid, else refuse with each field's problem."""
    if not form.is_valid():
        fields = {name: " ".join(str(each) for each in errors) for name, errors in form.errors.items()}
        raise invalid(fields)
    return form


def invalid(fields: dict[str, str]) -> ApiProblem:
    """Return the refusal of wrong input."""
    sentences = " ".join(f"{name}: {problem}" for name, problem in fields.items())
    return ApiProblem(422, "InvalidInput", sentences.replace("__all__: ", ""), fields=fields)
