"""Builds the image (`make image`): with docker, podman or buildah, with a registry or without."""
