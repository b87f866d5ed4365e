// What a newcomer pastes. The whole write key is shown only once, when it is made; only its first
// characters are known here.
export interface Snippet {
  name: string;
  text: string;
  help: string;
}

export function snippetsOf(origin: string, keyHint: string | null): Snippet[] {
  const key = keyHint ? `${keyHint}…` : "wk_…";
  return [
    {
      name: "Web page",
      help: "Paste this before </body>, and name what can be clicked with data-feature-id.",
      text: [
        `<script src="${origin}/sdk.js" data-key="${key}" async></script>`,
        "",
        `<button data-feature-id="checkout.pay">Pay</button>`,
      ].join("\n"),
    },
    {
      name: "Terminal",
      help: "One click by hand, to see the whole path at work.",
      text: [
        `curl ${origin}/v1/events -d '{`,
        `  "key": "${key}",`,
        `  "events": [{"feature_id": "hello.world", "user_id": "me"}]`,
        `}'`,
      ].join("\n"),
    },
  ];
}
