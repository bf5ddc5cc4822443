# The front door. Each target is one script; `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: help deps build demo up down status test compose-test images bundle arm64 bench clean
export ONLY

help:
	@printf '%s\n' \
	  'make demo    install what is missing, build, start a platform, load a demo prefecture, play a hospital morning' \
	  'make up      the same platform, empty, in the sandbox setting; returns when it is ready' \
	  'make down    stop what this checkout started, and nothing else (data stays)' \
	  'make status  what runs, and where' \
	  'make test    all tests                       ONLY=unit, integration, conformance, fault, keep, fuzz, upgrade, galera: that stage' \
	  'make compose-test   docker-compose.yml started, used, scaled, broken and mended, in containers; the bundle installed' \
  'make images  the images of docker-compose.yml (YB_TAG: their tag)' \
  'make bundle  one file that installs the platform where there is no registry and no network' \
  'make arm64   everything compiled and linked for arm64, programs and unit tests run in an emulator (root)' \
	  'make bench   the benchmarks                  ONLY=name: that benchmark' \
	  'make build   the release build; programs in bin/' \
	  'make deps    the Debian packages (with sudo when not root; no system service is started)' \
	  'make clean   remove build/ and bin/ (not the data)' \
	  '' \
	  'YB_HOME=folder       data, sockets and logs of a platform   (default .run)' \
	  'YB_HTTP_PORT=port    the gateway                            (default 8080)' \
	  'With both, two platforms run side by side.'

deps:
	@scripts/deps.sh run

build: deps
	@scripts/build.sh release --target yb_programs

up: build
	@scripts/platform.sh up

demo: build
	@scripts/platform.sh up
	@scripts/demo.sh

down:
	@scripts/platform.sh down

status:
	@scripts/platform.sh status

test:
	@scripts/test.sh $(ONLY)

compose-test:
	@scripts/compose-test.sh

images:
	@scripts/images.sh

bundle:
	@scripts/bundle.sh

arm64:
	@scripts/arm64.sh

bench:
	@scripts/bench.sh $(ONLY)

clean:
	rm -rf build bin
