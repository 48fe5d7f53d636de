/** Reads a list page by page, the first one after `null`. */
export async function allPages<Page extends { readonly next: string | null }>(
  read: (after: string | null) => Promise<Page>,
): Promise<readonly Page[]> {
  const pages: Page[] = [];
  let after: string | null = null;
  do {
    const page: Page = await read(after);
    pages.push(page);
    after = page.next;
  } while (after !== null);
  return pages;
}
