"""The official schemas, as validators that tell the first fault."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import jsonschema
from lxml import etree

_FOLDER = Path(__file__).parent / "schemas"
_XML = {"page": "page-2019-07-15.xsd", "alto": "alto-4-4.xsd", "tei": "tei_all.rng"}


class _Local(etree.Resolver):
    """Takes ALTO's import from the folder instead of the network."""

    def resolve(self, url: str, _public: str, context: object) -> object:
        return self.resolve_filename(str(_FOLDER / "xlink.xsd"), context) if url.endswith("/xlink.xsd") else None


@cache
def _schema(name: str) -> etree.XMLSchema | etree.RelaxNG:
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(_Local())
    document = etree.parse(str(_FOLDER / _XML[name]), parser)
    return etree.RelaxNG(document) if _XML[name].endswith(".rng") else etree.XMLSchema(document)


def validate(name: str, data: bytes) -> etree.Element:
    """The document's root, if the schema of that format allows it."""
    document = etree.fromstring(data)
    _schema(name).assertValid(document)
    return document


def validate_iiif(data: bytes) -> dict:
    """The JSON, if the schema of the official validator allows it."""
    said = json.loads(data)
    jsonschema.validate(said, json.loads((_FOLDER / "iiif-presentation-3.json").read_text()))
    return said
