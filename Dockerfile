# JupyterLab with the notebooks and both kernels. Targets: cpu, cuda.
#
#   docker build --target cpu -t gocifar .
#   docker run --init -p 127.0.0.1:8888:8888 -v gocifar-cache:/cache -v gocifar-runs:/runs gocifar
#
# Cells are compiled, so the Go toolchain and the C compiler of the base image
# stay. .ci/fresh_machine replays the RUN steps where no container engine runs.

FROM golang:1.26.8-bookworm AS machine
# Debian replaces a package's version when it mends it: the pin is the image's.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates curl gcc libc6-dev python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --create-home --uid 1000 --shell /bin/bash gocifar \
    && install -d -o gocifar -g gocifar /cache /runs /home/gocifar/gocifar /home/gocifar/bin
ENV GOCIFAR_CACHE=/cache \
    GOCIFAR_RUNS=/runs \
    GOCACHE=/cache/go-build \
    GOPATH=/home/gocifar/go \
    PATH=/home/gocifar/bin:/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
USER 1000:1000
WORKDIR /home/gocifar/gocifar

FROM machine AS build
COPY --chown=1000:1000 . .
# The tools, a PJRT plugin for the CPU, the kernels, and JupyterLab.
RUN go build -o /home/gocifar/bin/kernel ./kernel \
    && kernel lab -install

FROM machine AS cpu
COPY --from=build --chown=1000:1000 /home/gocifar /home/gocifar
# A new named volume begins with this; an empty folder is filled at the start.
COPY --from=build --chown=1000:1000 /cache /cache
VOLUME ["/cache", "/runs"]
EXPOSE 8888
HEALTHCHECK --interval=30s --timeout=5s --start-period=5m CMD ["curl", "-fsS", "-o", "/dev/null", "http://127.0.0.1:8888/api"]
CMD ["kernel", "lab", "-no-browser", "-port", "8888", "--", "--ip=0.0.0.0"]

# The driver comes from the host (NVIDIA Container Toolkit); set-up sees it at the
# first start and fetches the CUDA plugin with its libraries into /cache.
FROM cpu AS cuda
ENV NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility
