// The shop: products, a basket and forms, none of which knows that it is counted.
import "./star_rating";
import { connect, sdk } from "./connection";
import { watch } from "./live";

const PRODUCTS = [
  { id: "apples", name: "Apples", price: "2.40" },
  { id: "bread", name: "Bread", price: "3.10" },
  { id: "cheese", name: "Cheese", price: "5.80" },
  { id: "honey", name: "Honey", price: "6.50" },
];
const LATE_OFFER_MS = 1500;

let inBasket = 0;

function find<T extends HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

function showBasket(): void {
  const things = inBasket === 1 ? "1 thing" : `${inBasket} things`;
  find("basket-count").textContent = inBasket ? things : "Nothing yet";
}

function addToBasket(): void {
  inBasket++;
  showBasket();
}

function button(text: string, featureId: string): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.dataset.featureId = featureId;
  made.addEventListener("click", addToBasket);
  return made;
}

function showProducts(): void {
  for (const product of PRODUCTS) {
    const card = document.createElement("li");
    const picture = document.createElement("img");
    picture.className = "picture";
    picture.src = `${product.id}.svg`;
    picture.alt = "";
    const name = document.createElement("h3");
    name.textContent = product.name;
    const price = document.createElement("p");
    price.textContent = `€ ${product.price}`;
    const add = button("Add", "basket.add");
    add.dataset.featureProduct = product.id;
    add.setAttribute("aria-label", `Add ${product.name} to the basket`);
    card.append(picture, name, price, add);
    find("products").append(card);
  }
}

function listen(): void {
  find("pay").addEventListener("click", () => {
    find("pay-note").textContent = inBasket
      ? "Paid. It cost you nothing."
      : "The basket is empty, but the click counts.";
    inBasket = 0;
    showBasket();
  });
  find("letter-form").addEventListener("submit", (event) => {
    event.preventDefault();
    find("letter-note").textContent = "Thank you. Nothing was sent but the click.";
  });
  const signIn = find("sign-in");
  let isAnn = false;
  signIn.addEventListener("click", () => {
    isAnn = !isAnn;
    if (isAnn) sdk()?.identify("ann");
    else sdk()?.reset();
    signIn.textContent = isAnn ? "Sign out" : "Sign in as Ann";
  });
  // A button that was not there when the SDK started.
  setTimeout(() => find("late").append(button("Surprise of the day", "offer.late")), LATE_OFFER_MS);
}

showProducts();
listen();
connect().then(watch, (error: unknown) => {
  find("state").textContent = `This page needs "clickmill serve --demo" (${String(error)})`;
});
