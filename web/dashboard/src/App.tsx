// Who is signed in, which project, which page.
import { useEffect } from "preact/hooks";
import {
  type Accounting,
  addressOfQuestion,
  followChanges,
  loadSession,
  type Project,
  type Session,
  session,
  useAnswer,
} from "./api";
import { Link } from "./components/Link";
import { Problem } from "./components/Problem";
import { Skeleton } from "./components/Skeleton";
import { contextOf, type ProjectContext } from "./context";
import { CataloguePage } from "./features/catalogue/CataloguePage";
import { HealthPage } from "./features/health/HealthPage";
import { NoProject, SignInPage } from "./features/session/SignInPage";
import { Shell } from "./features/shell/Shell";
import { StartPage } from "./features/start/StartPage";
import { TopPage } from "./features/top/TopPage";
import { TrendPage } from "./features/trend/TrendPage";
import { addressOf, go, place } from "./url";

export function App() {
  useEffect(() => {
    void loadSession();
  }, []);
  const current = session.value;
  if (current.state === "signed_out") return <SignInPage problem={current.problem} />;
  if (current.state === "failed") {
    return (
      <main class="alone">
        <Problem problem={current.problem} onRetry={current.retry} />
      </main>
    );
  }
  if (current.state === "loading") return <main class="alone" aria-busy="true" />;
  const project = projectIn(current.value, place.value.params.get("project"));
  if (!project)
    return <NoProject session={current.value} asked={place.value.params.get("project")} />;
  return <ProjectPages key={project.id} session={current.value} project={project} />;
}

// The one in the address; without one the first, real projects before samples.
export function projectIn({ projects }: Session, asked: string | null): Project | null {
  if (asked !== null) return projects.find(({ id }) => id === asked) ?? null;
  return projects.find(({ is_sample }) => !is_sample) ?? projects[0] ?? null;
}

interface ProjectPagesProps {
  session: Session;
  project: Project;
}

function ProjectPages({ session: who, project }: ProjectPagesProps) {
  const context = contextOf(project);
  useEffect(() => followChanges(project.id), [project.id]);
  const page = pageAt(place.value.path);
  useEffect(() => {
    document.title = `${page.title} · ${project.name} · Clickmill`;
  }, [page.title, project.name]);
  return (
    <Shell session={who} project={project} path={page.path}>
      <page.Page context={context} />
    </Shell>
  );
}

interface PageOfProject {
  path: string;
  title: string;
  Page: (props: { context: ProjectContext }) => preact.JSX.Element | null;
}

const pages: readonly PageOfProject[] = [
  { path: "/explore", title: "Explore", Page: ExploreOrStart },
  { path: "/top", title: "Top features", Page: TopPage },
  { path: "/features", title: "Features", Page: CataloguePage },
  { path: "/health", title: "Data health", Page: HealthPage },
  { path: "/start", title: "Set up", Page: StartPage },
];

const nowhere: PageOfProject = { path: "", title: "Not found", Page: NotFound };

function pageAt(path: string): PageOfProject {
  return pages.find((page) => page.path === (path === "/" ? "/explore" : path)) ?? nowhere;
}

// A project without any click leads to what to do about it; the first click is shown there.
function ExploreOrStart({ context }: { context: ProjectContext }) {
  const accounting = useAnswer<Accounting>(
    addressOfQuestion("/api/v1/accounting", { project: context.project.id }),
  );
  const isEmpty = accounting.state === "ready" && accounting.value.project.counted === 0;
  useEffect(() => {
    if (isEmpty) go(addressOf("/start"), "replace");
  }, [isEmpty]);
  if (accounting.state === "loading" || isEmpty) {
    return (
      <section class="card">
        <Skeleton height={470} label="Loading" />
      </section>
    );
  }
  return <TrendPage context={context} />;
}

function NotFound() {
  return (
    <section class="card empty">
      <h1>There is no such page</h1>
      <p>
        <Link to="/explore">Go to Explore</Link>
      </p>
    </section>
  );
}
