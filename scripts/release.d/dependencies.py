#!/usr/bin/env python3
"""Writes down what the binary for a target consists of, apart from our own code.

    dependencies.py licenses TARGET [NAME VERSION FILE]…   the text of every license
    dependencies.py sbom TARGET [NAME VERSION FILE]…       a bill of materials (CycloneDX 1.5, JSON)

That is each crate that is linked into it, the C libraries that some crates bring along, and what the caller
names: the C library and the standard library, with the file of their license.
"""
import hashlib, json, os, re, subprocess, sys

LICENSE = re.compile(r"(?i)^(un)?(licen[sc]e|copying|copyright|notice|authors)([-._].*)?$")
NOT_TEXT = re.compile(r"(?i)\.(rs|py|html|toml|sh|json|c|h)$")
# A crate's C library: name, license, directory, and where its version stands.
C_LIBRARIES = {
    "libgit2-sys": ("libgit2", "GPL-2.0-only WITH GCC-exception-2.0", "libgit2", "include/git2/version.h", r'LIBGIT2_VERSION +"(.*)"'),
    "libssh2-sys": ("libssh2", "BSD-3-Clause", "libssh2", "include/libssh2.h", r'LIBSSH2_VERSION +"(.*)"'),
    "libz-sys": ("zlib", "Zlib", "src/zlib", "zlib.h", r'ZLIB_VERSION +"(.*)"'),
    "libmimalloc-sys": ("mimalloc", "MIT", "c_src/mimalloc/v2", "include/mimalloc.h", r"MI_MALLOC_VERSION +(\d+)"),
    "openssl-src": ("openssl", "Apache-2.0", "openssl", "VERSION.dat", r"(?s)MAJOR=(\d+)\nMINOR=(\d+)\nPATCH=(\d+)"),
}
# Directories below those that have a license of their own.
C_PARTS = {"libgit2": ["deps/llhttp", "deps/xdiff", "deps/pcre2"]}
# Words of the text that a crate without a file of its own refers to.
STANDARD = {"MIT": "Permission is hereby granted, free of charge", "Apache-2.0": "Apache License"}


class Dependencies:
    def __init__(self, target):
        command = ["cargo", "metadata", "--format-version=1", "--locked", "--filter-platform", target]
        metadata = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        self.packages = {package["id"]: package for package in metadata["packages"]}
        self.nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
        self.root = next(key for key, package in self.packages.items() if package["name"] == "edgeflux")
        self.linked = {}
        queue = [self.root]
        while queue:
            key = queue.pop()
            if key not in self.linked:
                self.linked[key] = sorted(self.needs(key))
                queue += self.linked[key]

    def needs(self, key):
        """The crates that a crate is linked with: no build scripts, procedural macros and tests."""
        if self.packages[key]["name"].endswith("-src"):
            return
        for dependency in self.nodes[key]["deps"]:
            package = self.packages[dependency["pkg"]]
            kinds = {kind["kind"] for kind in dependency["dep_kinds"]}
            # A crate of C sources is used by a build script, but what it builds is linked.
            linked = None in kinds or ("build" in kinds and package["name"].endswith("-src"))
            if linked and not any("proc-macro" in target["kind"] for target in package["targets"]):
                yield package["id"]

    def foreign(self):
        """The crates that are not ours, sorted."""
        found = (self.packages[key] for key in self.linked)
        return sorted((p for p in found if p["source"] is not None), key=lambda p: (p["name"], p["version"]))


def home(package):
    return os.path.dirname(package["manifest_path"])


def read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return "\n".join(line.rstrip() for line in file.read().splitlines()).strip("\n")


def c_library(package):
    """The C library that a crate brings along: name, version, license and directories."""
    if package["name"] not in C_LIBRARIES:
        return None
    name, license, directory, file, pattern = C_LIBRARIES[package["name"]]
    directory = os.path.join(home(package), directory)
    found = re.search(pattern, read(os.path.join(directory, file)))
    if not found:
        sys.exit(f"dependencies: found no version of {name} in {file} of {package['name']}")
    version = ".".join(found.groups())
    if name == "mimalloc":  # 20302 is 2.3.2
        version = f"{int(version) // 10000}.{int(version) // 100 % 100}.{int(version) % 100}"
    return name, version, license, [directory] + [os.path.join(directory, part) for part in C_PARTS.get(name, [])]


def texts(package):
    """The texts of a crate's licenses."""
    library = c_library(package)
    for directory in [home(package), *(library[3] if library else [])]:
        for name in sorted(os.listdir(directory)) if os.path.isdir(directory) else []:
            path = os.path.join(directory, name)
            if LICENSE.match(name) and not NOT_TEXT.search(name) and os.path.isfile(path):
                yield read(path)


def spdx(license):
    """A license as an SPDX expression; older crates write a slash for OR."""
    return license.replace("/", " OR ") if license else "NOASSERTION"


def licenses(dependencies, others):
    users, without, lines = {}, [], []

    def used(text, name):
        # Copies of a text that differ in spaces only are one.
        names = users.setdefault(" ".join(text.split()), (text, []))[1]
        if name not in names:
            names.append(name)

    for package in dependencies.foreign():
        name = f"{package['name']} {package['version']}"
        lines.append(f"  {name}: {spdx(package['license'])}")
        if library := c_library(package):
            lines.append(f"    with {library[0]} {library[1]}: {library[2]}")
        found = list(texts(package))
        for text in found:
            used(text, name)
        if not found:
            without.append((name, package["license"] or ""))
    for name, license in without:
        given = [next((text for text, _ in users.values() if words in text), None) for id_, words in STANDARD.items() if id_ in license]
        if not given or given[0] is None:
            sys.exit(f"dependencies: found no text of the license of {name} ({license})")
        used(given[0], name)
    for name, version, path in others:
        lines.append(f"  {name} {version}")
        used(read(path), f"{name} {version}")

    print("edgeflux is licensed under the Apache License 2.0 (LICENSE). Its binary also contains:\n")
    print("\n".join(lines))
    for text, names in users.values():
        print(f"\n{'=' * 80}\n{', '.join(names)}\n{'=' * 80}\n\n{text}")


def sbom(dependencies, others):
    locked = re.findall(r'name = "(.*)"\nversion = "(.*)"\nsource = .*\nchecksum = "(.*)"', read("Cargo.lock"))
    sums = {(name, version): checksum for name, version, checksum in locked}
    refs = {key: f"pkg:cargo/{p['name']}@{p['version']}" for key, p in dependencies.packages.items()}
    components, links = [], {refs[key]: [refs[need] for need in needs] for key, needs in dependencies.linked.items()}

    def component(package):
        ref = refs[package["id"]]
        it = {"type": "library", "bom-ref": ref, "name": package["name"], "version": package["version"],
              "licenses": [{"expression": spdx(package["license"])}], "purl": ref}
        if checksum := sums.get((package["name"], package["version"])):
            it["hashes"] = [{"alg": "SHA-256", "content": checksum}]
        if package["repository"]:
            it["externalReferences"] = [{"type": "vcs", "url": package["repository"]}]
        return it

    def generic(name, version, license, parent):
        ref = f"pkg:generic/{name}@{version}"
        it = {"type": "library", "bom-ref": ref, "name": name, "version": version, "purl": ref}
        if license:
            it["licenses"] = [{"expression": license}]
        if name in ("openssl", "zlib", "libgit2", "libssh2"):
            it["cpe"] = f"cpe:2.3:a:{name}:{name}:{version}:*:*:*:*:*:*:*"
        components.append(it)
        links[ref] = []
        links[parent].append(ref)

    root = dependencies.packages[dependencies.root]
    for key in sorted(dependencies.linked, key=refs.get):
        package = dependencies.packages[key]
        if key != dependencies.root:
            components.append(component(package))
        if library := c_library(package):
            generic(*library[:3], refs[key])
    for name, version, _ in others:
        generic(name, version, None, refs[dependencies.root])
    document = {
        "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
        "metadata": {"component": {**component(root), "type": "application"}},
        "components": components,
        "dependencies": [{"ref": ref, "dependsOn": sorted(needs)} for ref, needs in sorted(links.items())],
    }
    # The same content has the same number, whenever it is written.
    digest = hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
    document["serialNumber"] = f"urn:uuid:{digest[:8]}-{digest[8:12]}-5{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}"
    json.dump(document, sys.stdout, indent=1, sort_keys=True)
    print()


def main():
    what, target, *rest = sys.argv[1:]
    others = list(zip(rest[::3], rest[1::3], rest[2::3]))
    {"licenses": licenses, "sbom": sbom}[what](Dependencies(target), others)


main()
