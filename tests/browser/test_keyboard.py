"""From sign-in to an order with the keyboard alone; wherever the focus goes, it can be seen and nothing hides it."""

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import steps
from tests.browser.stage import OTHER_STUDIO, PASSWORD, Stage
from tests.browser.visitor import Visitor, a_visitor

pytestmark = [pytest.mark.browser, pytest.mark.sockets]

FARTHEST = 80
# Where the focus is: its name, and whether an outline or the border of its card shows it and nothing covers it.
_FOCUS = """() => {
  const one = document.activeElement;
  if (!one || one === document.body) return {name: "", seen: true, covered: false};
  const rings = [one, one.parentElement, one.parentElement?.parentElement].filter(Boolean).map(getComputedStyle);
  const seen = rings.some((style) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2);
  const box = one.getBoundingClientRect();
  const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
  const top = document.elementFromPoint(x, y);
  const labels = [...(one.labels ?? [])];
  const covered = !top || ![one, ...labels].some((part) => part.contains(top) || top.contains(part));
  const labelled = one.getAttribute("aria-label") || labels.map((label) => label.innerText).join(" ");
  return {name: `${labelled || one.innerText} ${one.id || one.name || ""}`.replace(/\\s+/g, " ").trim(), seen, covered};
}"""


class Hands:
    """Somebody who uses no mouse."""

    def __init__(self, visitor: Visitor) -> None:
        self.keyboard = visitor.page.keyboard
        self.page = visitor.page
        self.stops = 0

    def go_to(self, name: str) -> None:
        """Press Tab until what has this name is reached; every stop on the way must be seen."""
        passed = []
        for _stop in range(FARTHEST):
            self.keyboard.press("Tab")
            self.stops += 1
            focus = self.page.evaluate(_FOCUS)
            assert focus["seen"], f"no visible focus on {focus['name']} of {self.page.url}"
            assert not focus["covered"], f"{focus['name']} of {self.page.url} is covered while it has the focus"
            if name in focus["name"]:
                return
            passed.append(focus["name"])
        raise AssertionError(f"Tab never comes to {name!r}; it passed {passed}")

    def arrive(self, heading: str) -> None:
        """Wait for the page of this heading."""
        expect(self.page.get_by_role("heading", level=1)).to_have_text(heading)
        self.page.wait_for_load_state()


@pytest.mark.parametrize("width", [1280, 375])
def test_a_studio_signs_in_and_orders_without_a_mouse(chromium: Browser, stage: Stage, width: int) -> None:
    with a_visitor(chromium, stage, width) as visitor:
        hands = Hands(visitor)
        visitor.open("/accedi")
        hands.go_to("Vai al contenuto")
        hands.go_to("E-mail")
        hands.keyboard.type(OTHER_STUDIO)
        hands.go_to("Password")
        hands.keyboard.type(PASSWORD)
        hands.keyboard.press("Enter")
        hands.arrive("Centro Servizi Bianchi")
        hands.go_to("Apri il catalogo")
        hands.keyboard.press("Enter")
        hands.arrive("Catalogo")
        hands.go_to("Quantità: LITE")
        hands.keyboard.press("ArrowUp")
        hands.go_to("Aggiungi LITE al carrello")
        hands.keyboard.press("Space")
        hands.arrive("Carrello")
        hands.go_to("Uno in più: Coupon LITE")
        hands.keyboard.press("Enter")
        expect(visitor.page.get_by_label("Quantità: Coupon LITE")).to_have_value("3")
        hands.go_to("Vai al pagamento")
        hands.keyboard.press("Enter")
        hands.arrive("Pagamento")
        order_by_transfer(hands)
        number = steps.number_of(visitor)
        hands.go_to("Copia IBAN")
        hands.keyboard.press("Enter")
        expect(visitor.page.get_by_role("button", name="Copiato IBAN")).to_be_focused()
    print(f"keyboard: {number} ordered at {width} px in {hands.stops} stops")
    assert visitor.complaints == []


def order_by_transfer(hands: Hands) -> None:
    """The arrows choose within a group, the space bar ticks."""
    hands.go_to("Carta")
    hands.keyboard.press("ArrowDown")
    for name in steps.TICKS:
        hands.go_to(name)
        hands.keyboard.press("Space")
    hands.go_to("Ordine con obbligo di pagare")
    hands.keyboard.press("Enter")
