# docker build --tag wxbulk .
# docker run --rm --interactive --tty --user "$(id -u):$(id -g)" --volume "$PWD:/sheets" --env WEBEX_ACCESS_TOKEN wxbulk apply numbers.csv
FROM rust:1.95-alpine AS build
RUN apk add --no-cache ca-certificates git musl-dev
WORKDIR /source
COPY . .
RUN cargo build --release --locked

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /source/target/release/wxbulk /wxbulk
USER 65534:65534
WORKDIR /sheets
ENTRYPOINT ["/wxbulk"]
