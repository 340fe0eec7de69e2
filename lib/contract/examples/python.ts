import { addressOf, isFromEnvironment, keyVariable, type ExampleCall, type ExampleValue } from "./example.ts";

/** With the standard library alone: nothing to install. Python 3.8 and newer. */
export function pythonExample(call: ExampleCall): string {
  const { method, origin, example, reply } = call;
  const upload = example.file !== undefined;
  const modules = [
    ...(example.body && !upload ? ["json"] : reply === "json" ? ["json"] : []),
    "os",
    "sys",
    "urllib.error",
    "urllib.request",
    ...(upload ? ["uuid"] : []),
  ];
  const address = [origin, ...addressOf(call)];
  const url = address.map((piece) => (typeof piece === "string" ? JSON.stringify(piece) : variable(piece.variable)));
  const type = upload ? `"multipart/form-data; boundary=" + boundary` : example.body ? `"application/json"` : undefined;
  const data = upload ? "form" : example.body ? `json.dumps(${literal(example.body, "    ")}).encode()` : undefined;
  return [
    ...modules.map((name) => `import ${name}`),
    "",
    ...(upload ? [...form(example.file ?? "", example.body ?? {}), ""] : []),
    "request = urllib.request.Request(",
    `    ${joined(url)},`,
    `    method=${JSON.stringify(method)},`,
    "    headers={",
    `        "Authorization": "Bearer " + ${variable(keyVariable)},`,
    ...(type === undefined ? [] : [`        "Content-Type": ${type},`]),
    "    },",
    ...(data === undefined ? [] : [`    data=${data},`]),
    ")",
    "try:",
    "    with urllib.request.urlopen(request) as response:",
    reply === "json"
      ? "        print(json.load(response))"
      : reply === "text"
        ? "        print(response.read().decode())"
        : "        print(response.status)",
    // What went wrong is in the reply; the exception alone shows no more than its status.
    "except urllib.error.HTTPError as error:",
    '    sys.exit(f"{error.code} {error.read().decode()}")',
  ].join("\n");
}

const variable = (name: string): string => `os.environ[${JSON.stringify(name)}]`;

/** Texts that stand side by side are one text. */
function joined(pieces: readonly string[]): string {
  return pieces
    .reduce<string[]>((all, piece) => {
      const last = all.at(-1);
      if (last?.startsWith('"') && piece.startsWith('"'))
        return [...all.slice(0, -1), last.slice(0, -1) + piece.slice(1)];
      return [...all, piece];
    }, [])
    .join(" + ");
}

/** A form by hand: the standard library has none. */
function form(file: string, fields: Readonly<Record<string, ExampleValue>>): string[] {
  const texts = Object.entries(fields).map(
    ([name, value]) =>
      `    ${JSON.stringify(name)}: ${JSON.stringify(typeof value === "string" ? value : JSON.stringify(value))},`,
  );
  return [
    "boundary = uuid.uuid4().hex",
    "fields = {",
    ...texts,
    "}",
    'form = b""',
    "for name, value in fields.items():",
    `    form += f'--{boundary}\\r\\nContent-Disposition: form-data; name="{name}"\\r\\n\\r\\n{value}\\r\\n'.encode()`,
    `form += f'--{boundary}\\r\\nContent-Disposition: form-data; name="file"; filename="${file}"\\r\\n\\r\\n'.encode()`,
    `with open(${JSON.stringify(file)}, "rb") as file:`,
    "    form += file.read()",
    `form += f"\\r\\n--{boundary}--\\r\\n".encode()`,
  ];
}

/** JSON as Python writes it; strings of JSON are strings of Python. */
function literal(value: ExampleValue, indent: string): string {
  if (isFromEnvironment(value)) return variable(value.variable);
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value !== "object") return JSON.stringify(value);
  const within = `${indent}    `;
  if (Array.isArray(value)) {
    const items = value.map((item: ExampleValue) => literal(item, within));
    return value.every((item) => typeof item !== "object")
      ? `[${items.join(", ")}]`
      : `[\n${items.map((item) => `${within}${item},`).join("\n")}\n${indent}]`;
  }
  const entries = Object.entries(value).map(
    ([name, item]) => `${within}${JSON.stringify(name)}: ${literal(item, within)},`,
  );
  return entries.length === 0 ? "{}" : `{\n${entries.join("\n")}\n${indent}}`;
}
