"""XML by lxml: elements whose names, texts and attributes are any Python values, and their bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lxml import etree

from kmnist_model.formats.strings import clean

Element = Any  # lxml has no types
XML_ID, XML_LANG = ("{http://www.w3.org/XML/1998/namespace}" + name for name in ("id", "lang"))


def root(name: str, namespace: str, attributes: Mapping[str, object] | None = None) -> Element:
    """A document's root element, in `namespace`, which is the default one."""
    return _with_attributes(etree.Element(f"{{{namespace}}}{name}", nsmap={None: namespace}), attributes or {})


def child(
    parent: Element, name: str, text: str | None = None, /, attributes: Mapping[str, object] | None = None, **more: object
) -> Element:
    """A new element at the end of `parent`, in its namespace; attributes that are None are left out, numbers are written exactly."""
    namespace = etree.QName(parent).namespace
    element = _with_attributes(etree.SubElement(parent, f"{{{namespace}}}{name}"), {**(attributes or {}), **more})
    if text is not None:
        element.text = clean(text)
    return element


def add_text(parent: Element, text: str) -> None:
    """Add `text` at the end of `parent`, after its last element."""
    if len(parent):
        parent[-1].tail = (parent[-1].tail or "") + clean(text)
    else:
        parent.text = (parent.text or "") + clean(text)


def to_bytes(element: Element, doctype: str | None = None, indent: bool = True) -> bytes:
    """The document in UTF-8, with an XML declaration."""
    return etree.tostring(element, encoding="UTF-8", xml_declaration=True, pretty_print=indent, doctype=doctype)


def _with_attributes(element: Element, attributes: Mapping[str, object]) -> Element:
    for name, value in attributes.items():
        if value is not None:
            element.set(name, clean(value if isinstance(value, str) else repr(value)))
    return element
