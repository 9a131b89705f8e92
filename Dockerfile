# A static binary in an empty image: no shell, no package manager, no root.
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=unknown
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=$VERSION" -o /out/grapevine ./cmd/grapevine
RUN mkdir /out/data

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
# Programmes begin and end in the shop's time zone.
COPY --from=build /usr/local/go/lib/time/zoneinfo.zip /zoneinfo.zip
COPY --from=build --chown=65532:65532 /out/data /data
COPY --from=build /out/grapevine /grapevine
# The image has no /tmp: temporary files, SQLite's among them, go to the volume.
ENV ZONEINFO=/zoneinfo.zip \
    TMPDIR=/data \
    GRAPEVINE_DATABASE_URL=sqlite:/data/grapevine.db \
    GRAPEVINE_LISTEN=0.0.0.0:8080
USER 65532:65532
WORKDIR /data
VOLUME /data
EXPOSE 8080
ENTRYPOINT ["/grapevine"]
CMD ["serve"]
