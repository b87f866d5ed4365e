// A name that may break after its dots, slashes and the like, before it breaks in the middle of a word.
export function Breakable({ text }: { text: string }) {
  return text.split(/(?<=[._/:-])/).map((part, index) => (
    <>
      {index > 0 && <wbr />}
      {part}
    </>
  ));
}
