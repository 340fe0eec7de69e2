/**
 * Extensions that certainly hold no text we can extract: such files are not downloaded. Everything else, names without
 * an extension included, is read and judged by its content.
 */
const groups: readonly (readonly [what: string, extensions: string])[] = [
  [
    "image",
    "jpg jpeg jpe jfif png gif bmp tif tiff webp heic heif avif ico svg psd psb raw cr2 cr3 nef arw dng eps xcf jxl dds tga exr hdr",
  ],
  ["video", "mp4 m4v mov avi mkv webm wmv flv mpg mpeg mpe 3gp 3g2 mts m2ts vob ogv mxf f4v rm rmvb"],
  ["audio", "mp3 wav flac aac m4a m4b ogg oga opus wma aif aiff amr mid midi ape ac3 dts caf"],
  ["archive", "zip gz tgz bz2 tbz tbz2 xz txz 7z rar tar zst tzst lz lz4 lzma z cab arj cpio sz br"],
  ["package", "jar war ear apk aab ipa deb rpm msi msix pkg whl gem nupkg crx xpi snap flatpak appimage"],
  ["disk image", "iso dmg img vhd vhdx vmdk vdi qcow2 ova wim"],
  ["program", "exe dll so dylib o obj a lib class pyc pyo wasm elf sys com scr node"],
  ["font", "ttf otf woff woff2 eot ttc"],
  ["database", "sqlite sqlite3 db3 mdb accdb frm ibd myd myi ldb rdb"],
  [
    "data set",
    "parquet avro orc arrow feather hdf5 h5 npy npz pkl pickle joblib mat rds rdata tfrecord safetensors gguf onnx pt pth ckpt",
  ],
  ["model or drawing", "dwg dxf stl obj3d fbx glb gltf blend 3ds max skp step stp iges igs"],
  ["key store or encrypted file", "jks p12 pfx gpg pgp kdbx"],
];

const kinds: ReadonlyMap<string, string> = new Map(
  groups.flatMap(([what, extensions]) => extensions.split(" ").map((extension) => [extension, what] as const)),
);

/** What a file of this name certainly is, e.g. "image (.jpg)"; undefined = worth reading. */
export function unsupportedKind(name: string): string | undefined {
  const dot = name.lastIndexOf(".");
  if (dot < 0 || name.length - dot > 12) return undefined;
  const extension = name.slice(dot + 1).toLowerCase();
  const what = kinds.get(extension);
  return what === undefined ? undefined : `${what} (.${extension})`;
}
