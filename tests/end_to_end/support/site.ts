// A site of somebody's own, on another origin than the server: a page with the snippet and a button.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface Site {
  url: string;
  stop: () => Promise<void>;
}

export async function startSite(snippet: string): Promise<Site> {
  const page = `<!doctype html><html lang="en"><head><title>Shop</title></head><body>
    ${snippet}
    <button data-feature-id="checkout.pay">Pay</button></body></html>`;
  const server = createServer((_, response) => {
    response.writeHead(200, { "Content-Type": "text/html; charset=utf-8" });
    response.end(page);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    stop: () => {
      server.closeAllConnections();
      return new Promise((done) => server.close(() => done()));
    },
  };
}
