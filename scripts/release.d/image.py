#!/usr/bin/env python3
"""Writes a multi-architecture image of the binary, as an archive of an OCI image layout.

    image.py ARCHIVE VERSION SECONDS CERTIFICATES ARCH=BINARY…

The image contains only the binary, CA certificates (CERTIFICATES, a PEM file), and a /tmp for checkouts. It
runs as an unprivileged user. The archive is reproducible: SECONDS is the modification time of all files.
"""
import datetime, gzip, hashlib, io, json, sys, tarfile

PLATFORMS = {
    "amd64": {"architecture": "amd64"},
    "arm64": {"architecture": "arm64", "variant": "v8"},
    "armv7": {"architecture": "arm", "variant": "v7"},
    "armv6": {"architecture": "arm", "variant": "v6"},
    "riscv64": {"architecture": "riscv64"},
}
MEDIA = "application/vnd.oci.image."
NOBODY = "65534"


def packed(files, seconds):
    """A tar of (path, mode, contents); without contents it is a directory."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for path, mode, contents in files:
            entry = tarfile.TarInfo(path)
            entry.mode, entry.mtime = mode, seconds
            if contents is None:
                entry.type = tarfile.DIRTYPE
                tar.addfile(entry)
            else:
                entry.size = len(contents)
                tar.addfile(entry, io.BytesIO(contents))
    return out.getvalue()


def digest(contents):
    return "sha256:" + hashlib.sha256(contents).hexdigest()


def main():
    archive, version, seconds, certificates, *binaries = sys.argv[1:]
    seconds = int(seconds)
    created = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    about = {
        "org.opencontainers.image.title": "edgeflux",
        "org.opencontainers.image.description": "The flux command line for the edge",
        "org.opencontainers.image.source": "https://github.com/edgeflux/edgeflux",
        "org.opencontainers.image.licenses": "Apache-2.0",
        "org.opencontainers.image.version": version,
        "org.opencontainers.image.created": created,
    }
    blobs = {}

    def blob(media, contents, **more):
        if not isinstance(contents, bytes):
            contents = json.dumps(contents, sort_keys=True).encode()
        blobs[digest(contents)] = contents
        return {"mediaType": MEDIA + media, "digest": digest(contents), "size": len(contents), **more}

    with open(certificates, "rb") as file:
        authorities = file.read()
    manifests = []
    for word in binaries:
        arch, path = word.split("=", 1)
        with open(path, "rb") as file:
            binary = file.read()
        layer = packed([
            ("etc", 0o755, None), ("etc/ssl", 0o755, None), ("etc/ssl/certs", 0o755, None),
            ("etc/passwd", 0o644, f"nobody:x:{NOBODY}:{NOBODY}:nobody:/tmp:/usr/local/bin/flux\n".encode()),
            ("etc/ssl/certs/ca-certificates.crt", 0o644, authorities),
            ("tmp", 0o1777, None),
            ("usr", 0o755, None), ("usr/local", 0o755, None), ("usr/local/bin", 0o755, None),
            ("usr/local/bin/flux", 0o755, binary),
        ], seconds)
        platform = {"os": "linux", **PLATFORMS[arch]}
        config = {
            **platform, "created": created,
            "config": {
                "User": f"{NOBODY}:{NOBODY}", "Entrypoint": ["/usr/local/bin/flux"], "WorkingDir": "/tmp", "Labels": about,
                "Env": ["PATH=/usr/local/bin", "HOME=/tmp", "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"],
            },
            "rootfs": {"type": "layers", "diff_ids": [digest(layer)]},
            "history": [{"created": created, "created_by": "scripts/release of edgeflux"}],
        }
        manifest = {
            "schemaVersion": 2, "mediaType": MEDIA + "manifest.v1+json",
            "config": blob("config.v1+json", config),
            "layers": [blob("layer.v1.tar+gzip", gzip.compress(layer, 9, mtime=0))],
            "annotations": about,
        }
        manifests.append(blob("manifest.v1+json", manifest, platform=platform))
    index = {"schemaVersion": 2, "mediaType": MEDIA + "index.v1+json", "manifests": manifests, "annotations": about}
    top = blob("index.v1+json", index, annotations={"org.opencontainers.image.ref.name": version})
    files = [
        ("oci-layout", 0o644, b'{"imageLayoutVersion": "1.0.0"}'),
        ("index.json", 0o644, json.dumps({"schemaVersion": 2, "mediaType": MEDIA + "index.v1+json", "manifests": [top]}).encode()),
        ("blobs", 0o755, None), ("blobs/sha256", 0o755, None),
    ]
    files += [("blobs/" + name.replace(":", "/"), 0o644, contents) for name, contents in sorted(blobs.items())]
    with open(archive, "wb") as out:
        out.write(packed(files, seconds))


main()
