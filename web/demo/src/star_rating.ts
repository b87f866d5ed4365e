// Five stars in a shadow tree: what happens inside is hidden from the page, but not from its clicks.

const STARS = 5;

class StarRating extends HTMLElement {
  connectedCallback(): void {
    if (this.shadowRoot) return;
    const root = this.attachShadow({ mode: "open" });
    const look = document.createElement("link");
    look.rel = "stylesheet";
    look.href = "rating.css";
    const row = document.createElement("div");
    row.setAttribute("role", "group");
    row.setAttribute("aria-label", "Stars");
    const buttons = Array.from({ length: STARS }, (_, index) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = "★";
      button.setAttribute("aria-label", index ? `${index + 1} stars` : "1 star");
      button.setAttribute("aria-pressed", "false");
      button.dataset.featureId = "rating.give";
      button.dataset.featureStars = String(index + 1);
      button.addEventListener("click", () => {
        buttons.forEach((other, place) => {
          other.setAttribute("aria-pressed", String(place <= index));
        });
      });
      return button;
    });
    row.append(...buttons);
    root.append(look, row);
  }
}

customElements.define("star-rating", StarRating);
