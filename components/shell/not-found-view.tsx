import { ButtonLink } from "#components/ui/button.tsx";

export function NotFoundView() {
  return (
    <>
      <h1 className="text-[1.5rem] leading-8 font-semibold tracking-[-0.02em]">There is nothing here</h1>
      <p className="mt-2 max-w-[60ch] text-muted">The address is wrong, or what it led to has been deleted.</p>
      <div className="mt-5 flex flex-wrap gap-2">
        <ButtonLink href="/" tone="primary">
          Go to the overview
        </ButtonLink>
        <ButtonLink href="/connections">Connections</ButtonLink>
      </div>
    </>
  );
}
