# Build everything:           docker build -t purse .
# From a binary of the host:  CGO_ENABLED=1 go build -tags netgo,osusergo -ldflags '-linkmode external -extldflags -static' -o dist/purse ./web
#                             docker build -t purse --build-arg FROM=host .
ARG FROM=build

FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
# SQLite is C; linked statically, the result needs nothing around it.
RUN CGO_ENABLED=1 go build -trimpath -tags netgo,osusergo,sqlite_omit_load_extension \
      -ldflags '-s -w -linkmode external -extldflags "-static"' -o /out/purse ./web && mkdir -p /out/data

FROM scratch AS host
COPY dist/purse /out/purse

FROM ${FROM} AS binary

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=binary /out/purse /purse
WORKDIR /data
VOLUME /data
ENV PURSE_ADDR=0.0.0.0:8080 PURSE_SANDBOX_ADDR=0.0.0.0:8081 PURSE_DB=/data/purse.db
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD ["/purse", "health", "--addr", "127.0.0.1:8080"]
ENTRYPOINT ["/purse"]
CMD ["serve"]
