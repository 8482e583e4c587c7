"""Writes the document as one self-contained page that prints well."""

import jinja2

from edge.protocol.document import Blank, Bullets, Code, Document, Language, Prose, Table, Words

CONTENTS = Words("Inhoud", "Contents")


def page(document: Document, language: Language) -> str:
    """Return the document in one language as HTML; nothing in it is fetched from elsewhere."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("edge.protocol", "."),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    kinds = {"prose": Prose, "bullets": Bullets, "table": Table, "blank": Blank, "code": Code}
    tests = {name: lambda value, kind=kind: isinstance(value, kind) for name, kind in kinds.items()}
    environment.tests.update(tests)
    template = environment.get_template("page.html.j2")
    return template.render(document=document, language=language, contents=CONTENTS.say(language))
