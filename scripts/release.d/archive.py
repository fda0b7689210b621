#!/usr/bin/env python3
"""Packs files and directories into a reproducible archive.

    archive.py ARCHIVE SECONDS DIRECTORY NAME…

NAMEs are relative to DIRECTORY and are packed in this order. SECONDS is the modification time of all files.
"""
import gzip, io, os, sys, tarfile


def paths(directory, name):
    yield name
    full = os.path.join(directory, name)
    for below in sorted(os.listdir(full)) if os.path.isdir(full) else []:
        yield from paths(directory, f"{name}/{below}")


def main():
    archive, seconds, directory, *names = sys.argv[1:]
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for path in (path for name in names for path in paths(directory, name)):
            full = os.path.join(directory, path)
            entry = tarfile.TarInfo(path)
            entry.mtime = int(seconds)
            entry.mode = 0o755 if os.path.isdir(full) or os.access(full, os.X_OK) else 0o644
            if os.path.isdir(full):
                entry.type = tarfile.DIRTYPE
                tar.addfile(entry)
            else:
                entry.size = os.path.getsize(full)
                with open(full, "rb") as file:
                    tar.addfile(entry, file)
    with open(archive, "wb") as file:
        file.write(gzip.compress(out.getvalue(), 9, mtime=0))


main()
