#!/usr/bin/env bash
# `image.setup` in runnerctl.yaml takes this file's place: a script that the build runs as root,
# with the build's secrets in its environment.
