# One image for every process of the deployment; docker-compose.yml says what each runs.
FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1
RUN useradd --create-home --uid 10001 labs
WORKDIR /srv/labs
# A new volume takes over the owner of the folder that it covers: static files are collected by this user.
RUN install --directory --owner=labs --group=labs .labs .labs/static
ARG REQUIREMENTS=requirements.lock
COPY requirements.lock requirements-dev.lock ./
# Wheels only: the image has no compiler, and an unexpected source package fails here instead of at run time.
RUN pip install --only-binary :all: --require-hashes -r ${REQUIREMENTS}
COPY --chown=labs:labs . .
USER labs
ENV DJANGO_SETTINGS_MODULE=labs.settings.prod
EXPOSE 8000
