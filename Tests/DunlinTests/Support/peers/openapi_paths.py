"""The paths of an OpenAPI file with their methods, as JSON."""

import json
import sys

import yaml

with open(sys.argv[1], encoding="utf-8") as file:
    paths = yaml.safe_load(file)["paths"]
methods = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}
print(json.dumps({path: [name.upper() for name in item if name in methods] for path, item in paths.items()}))
