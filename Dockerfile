# One image for the web server and for every command: `docker run … IMAGE python manage.py migrate`.

FROM python:3.11.14-slim-bookworm AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
WORKDIR /app

# Wheels alone, each of a hash in the lock: nothing that was downloaded runs while the image is built.
COPY requirements/production.txt requirements/
RUN pip install --require-hashes --only-binary :all: --requirement requirements/production.txt

COPY manage.py ./
COPY dashboard dashboard
COPY connections connections
COPY templates templates
COPY locale locale
COPY static static
RUN python -m compileall -q dashboard connections \
    && python manage.py collectstatic --no-input --verbosity 0


FROM python:3.11.14-slim-bookworm

# The bind address and the place of the heartbeat files belong to the image, so CMD is the command of the documentation.
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    GUNICORN_CMD_ARGS="--bind=0.0.0.0:8000 --worker-tmp-dir=/dev/shm" \
    SPOOL_DIR=/var/spool/connections \
    AUDIT_SIGNING_KEY_FILE=/var/lib/connections/signing-key.pem \
    AUDIT_CHECKPOINT_DIR=/var/lib/connections/checkpoints
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
RUN install -d -o 10001 -g 10001 -m 700 "$SPOOL_DIR" /var/lib/connections
WORKDIR /app

# A number, so that an orchestrator can see that it is not root; it may write to the two volumes and to nothing else.
USER 10001:10001
VOLUME /var/spool/connections /var/lib/connections
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["python", "-m", "dashboard.healthcheck"]
CMD ["gunicorn", "dashboard.wsgi", "-k", "gthread", "-w", "2", "--threads", "16", "--no-control-socket"]
