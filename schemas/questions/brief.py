"""One page on a product and a month."""

from dataclasses import KW_ONLY

from schemas.questions.question import Flow, Language, OfReporter, OneMonth, Product


class Brief(OfReporter):
    """One page on one product and month: numbers with their sources, charts, what is revised, held or not comparable.

    Of a list (list:chpl, sitc:776) the page has the total of its codes, each code, and the partners.

    Returns:
        `.headlines`, the sentences at the top; `.html` and `.markdown`; `.save("page.html")` writes both. A notebook
        shows the page.

    Raises:
        ValueError: A name means several things or is not in the store.
        LookupError: The product has no figure in the month.

    >>> brief("magnets", "June 2025", store=store).headlines[4][:76]
    'Those to the United States rose 660 % to 353 t, more than seven times as muc'
    """

    ARGUMENT = "product"
    ANSWER = "tasks.pages.brief.answer:brief"
    RETURNS = "tasks.pages.text.document.DocumentPage"
    FACES = ("python",)
    product: Product
    month: OneMonth = "latest"
    _: KW_ONLY
    flow: Flow = None
    language: Language = "en"
