// What surrounds every page: pages, project, person, theme, and how the connection is.
import type { ComponentChildren } from "preact";
import { type Project, type Session, signOut } from "../../api";
import { Link } from "../../components/Link";
import { Popover } from "../../components/Popover";
import { Segmented } from "../../components/Segmented";
import { chooseTheme, type ThemeChoice, themeChoice } from "../../theme";
import { go } from "../../url";
import { ConnectionBanner } from "./ConnectionBanner";
import { Logo } from "./Logo";

interface ShellProps {
  session: Session;
  project: Project;
  path: string; // of the page that is shown
  children: ComponentChildren;
}

const pages = [
  ["/explore", "Explore"],
  ["/top", "Top features"],
  ["/features", "Features"],
  ["/health", "Data health"],
  ["/start", "Set up"],
] as const;

// Pages whose address means the same in another project.
const isOfAnyProject = (path: string) => ["/top", "/features", "/health"].includes(path);

export function Shell({ session, project, path, children }: ShellProps) {
  return (
    <>
      <a class="skip-link" href="#main">
        Skip to the numbers
      </a>
      <header class="top-bar">
        <div class="top-bar-inner">
          <Logo />
          <ProjectMenu session={session} project={project} path={path} />
          <nav aria-label="Pages">
            {pages.map(([to, name]) => (
              <Link key={to} to={to} isCurrent={to === path}>
                {name}
              </Link>
            ))}
          </nav>
          <PersonMenu session={session} />
        </div>
      </header>
      <ConnectionBanner zone={project.zone} />
      <main id="main" class="page" tabIndex={-1}>
        {children}
      </main>
    </>
  );
}

interface ProjectMenuProps {
  session: Session;
  project: Project;
  path: string;
}

function ProjectMenu({ session, project, path }: ProjectMenuProps) {
  const badge = project.is_sample && <span class="badge">sample data</span>;
  if (session.projects.length === 1) {
    return (
      <span class="project">
        <span class="project-name">{project.name}</span>
        {badge}
      </span>
    );
  }
  return (
    <span class="project">
      <Popover
        name="Projects"
        class="project-button"
        label={<span class="project-name">{project.name}</span>}
      >
        {(close) => (
          <ul class="menu">
            {session.projects.map(({ id, name, zone, is_sample }) => (
              <li key={id}>
                <button
                  type="button"
                  class="menu-item"
                  aria-pressed={id === project.id}
                  onClick={() => {
                    close();
                    go(`${isOfAnyProject(path) ? path : "/explore"}?project=${id}`);
                  }}
                >
                  <span class="menu-label">
                    {name}
                    {is_sample && <span class="badge">sample data</span>}
                  </span>
                  <span class="menu-reason">{zone}</span>
                </button>
              </li>
            ))}
          </ul>
        )}
      </Popover>
      {badge}
    </span>
  );
}

function PersonMenu({ session }: { session: Session }) {
  const name = session.person?.name ?? "Read key";
  return (
    <div class="person">
      <Popover
        name="You and the display"
        align="end"
        class="person-button"
        label={
          <>
            <span class="avatar" aria-hidden="true">
              {name.slice(0, 1).toUpperCase()}
            </span>
            <span class="person-name">{name}</span>
          </>
        }
      >
        {() => (
          <div class="person-menu">
            <p class="soft">
              {name}
              {session.person && `, ${session.person.role}`}
            </p>
            <Segmented<ThemeChoice>
              name="Theme"
              value={themeChoice.value}
              choices={[
                { value: "system", label: "System" },
                { value: "light", label: "Light" },
                { value: "dark", label: "Dark" },
              ]}
              onChoose={chooseTheme}
            />
            {session.person && (
              <button type="button" class="button" onClick={() => void signOut()}>
                Sign out
              </button>
            )}
          </div>
        )}
      </Popover>
    </div>
  );
}
