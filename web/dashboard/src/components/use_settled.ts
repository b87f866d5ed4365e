// A value that follows another once that has rested: so that typing asks one question, not ten.
import { useEffect, useState } from "preact/hooks";

export function useSettled<T>(value: T, restMs = 180): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), restMs);
    return () => clearTimeout(timer);
  }, [value, restMs]);
  return settled;
}
