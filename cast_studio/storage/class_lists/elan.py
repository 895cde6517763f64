"""Controlled vocabularies of ELAN: in an annotation document (.eaf) or by themselves (.ecv)."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree

from cast_studio.core.class_list import ListedClass, ListedHead
from cast_studio.storage.class_lists.listing import each_once, listed


def read_vocabularies(text: str) -> tuple[ListedHead, ...]:
    """Read each ``CONTROLLED_VOCABULARY`` as a head; of several languages the first is taken.

    Files of version 2.8 and later hold ``CV_ENTRY_ML`` with ``CVE_VALUE``, older ones ``CV_ENTRY``.

    Raises:
        ValueError: The file declares entities, or has no vocabulary.
        xml.etree.ElementTree.ParseError: It is not XML.
    """
    # Neither format has any; they can make a small file expand to fill the memory.
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise ValueError("it declares XML entities, which no file of ELAN does")
    root = ElementTree.fromstring(text)
    vocabularies = [part for part in root.iter() if _is(part, "CONTROLLED_VOCABULARY")]
    if not vocabularies:
        raise ValueError("it has no controlled vocabulary")
    return tuple(
        ListedHead(part.get("CV_ID", ""), each_once(_entries(part))) for part in vocabularies
    )


def _entries(vocabulary: ElementTree.Element) -> Iterator[ListedClass]:
    for entry in vocabulary:
        if _is(entry, "CV_ENTRY"):
            value = entry
        elif _is(entry, "CV_ENTRY_ML"):
            first = next((part for part in entry if _is(part, "CVE_VALUE")), None)
            if first is None:
                continue
            value = first
        else:
            continue
        if (value.text or "").strip():
            yield listed(value.text or "", description=value.get("DESCRIPTION", ""))


def _is(part: ElementTree.Element, name: str) -> bool:
    return isinstance(part.tag, str) and part.tag.rpartition("}")[2] == name
