"""A small disk that a test fills and clears: a tmpfs, in a mount namespace of the test's own. Standard library only."""
import subprocess

INSIDE = "CLICKMILL_TEST_ON_SMALL_DISK"  # set for the test that runs itself again in such a namespace


class SmallDisk:
    """Mounted at `folder`. `fill` leaves no room, `clear` gives it back."""

    def __init__(self, folder, megabytes):
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "clickmill-test", str(folder)], check=True)
        self.folder = folder
        self.filler = folder / "filler"

    def fill(self):
        with open(self.filler, "ab", buffering=0) as file:
            for size in (1 << 16, 1 << 12):
                try:
                    while True:
                        file.write(bytes(size))
                except OSError:
                    pass

    def clear(self):
        self.filler.unlink(missing_ok=True)

    def unmount(self):
        subprocess.run(["umount", str(self.folder)], check=True)
        self.folder.rmdir()
