"""Links and pictures lead somewhere, and every page can be found."""

from urllib.parse import unquote

import pytest

from tests.docs.pages import DOCS, ROOT, Page, pages, slug

EVERYWHERE = [*pages(), Page(ROOT / "definitions" / "README.md")]


def target(page, link):
    path = unquote(link.partition("#")[0])
    return (page.path.parent / path).resolve() if path else page.path


def local(page):
    return [link for link in page.links if "://" not in link and not link.startswith("mailto:")]


@pytest.mark.parametrize("page", EVERYWHERE, ids=lambda page: page.name)
def test_links_lead_to_something(page):
    for link in local(page):
        assert target(page, link).exists(), f"{page.name} links to {link}, which is not there"


@pytest.mark.parametrize("page", EVERYWHERE, ids=lambda page: page.name)
def test_anchors_are_headings(page):
    for link in local(page):
        path, anchor = target(page, link), link.partition("#")[2]
        if anchor and path.suffix == ".md":
            assert anchor in Page(path).anchors, f"{page.name} links to {link}: there is no such heading"


def test_every_page_is_reached_from_the_index():
    index = Page(DOCS / "README.md")
    reached = {target(index, link) for link in local(index)}

    missing = {page.name for page in pages() if page.path not in reached and page.path != index.path}
    assert missing <= {"README.md"}


def test_the_readme_leads_to_the_index_of_the_documentation_or_to_its_pages():
    readme = Page(ROOT / "README.md")

    assert len([link for link in local(readme) if link.startswith("docs/")]) >= 5


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("In your service", "in-your-service"),
        ("`on_failure` as a map", "on_failure-as-a-map"),
        ("What happens: rules", "what-happens-rules"),
        ("See [the keys](keys.md)", "see-the-keys"),
    ],
)
def test_anchors_are_made_as_github_makes_them(heading, anchor):
    assert slug(heading) == anchor
