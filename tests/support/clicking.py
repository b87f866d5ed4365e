"""Somebody who goes on clicking beside what a test does. Python's standard library only."""
import threading


class Clicking:
    """Sends click(0), click(1), ... in batches until the end of `with`; `answered` is how many are surely taken, `failure`
    what the server said when it took one not."""

    def __init__(self, server, write_key, click, batch=1, pause=0.0):
        self.server, self.write_key, self.click, self.batch, self.pause = server, write_key, click, batch, pause
        self.answered, self.failure = 0, None
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while not self.is_over.wait(self.pause):
            events = [self.click(number) for number in range(self.answered, self.answered + self.batch)]
            status, _, said = self.server.send(self.write_key, events)
            if status != 200:
                self.failure = f"clicks gave {status}: {said}"
                return
            self.answered += len(events)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        self.thread.join()
