# One image for every process of the deployment; docker-compose.yml says what each runs.
FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1
RUN useradd --create-home --uid 10001 labs
WORKDIR /srv/labs
ARG REQUIREMENTS=requirements.lock
COPY requirements.lock requirements-dev.lock ./
RUN pip install --require-hashes -r ${REQUIREMENTS}
COPY --chown=labs:labs . .
USER labs
ENV DJANGO_SETTINGS_MODULE=labs.settings.prod
EXPOSE 8000
