"""Tables of extensions and file names by language, written by hand.

The 23 languages are CodeGeeX's, spelled and ordered as in its table (README of THUDM/CodeGeeX).
Extensions are compared without their dot and in lower case, unless CASED lists the exact spelling.
Choices made where conventions differ:

| name | taken as | because |
|---|---|---|
| .pyi | Python | stubs are Python by grammar; .pyx, .pxd (Cython) are not |
| .html with Jinja or Django tags | HTML | it is mostly markup; .jinja is unknown |
| .scss, .sass, .less | unknown | they compile to CSS, but are not CSS |
| .vue, .svelte, .astro | unknown | several languages in one file |
| .tsx, .jsx | TypeScript, JavaScript | CodeGeeX has no separate language for them |
| .csh, .tcsh, .fish | unknown | their grammar differs from the Bourne shells' |
| .bib | unknown | BibTeX is data |
| .C, .H | C++ | the convention of Unix compilers; .c is C, and the content decides for .h |
| .cuh, .cu | Cuda | always; a .h only if its content is unmistakable |
| .ipynb | unknown | cells inside JSON |
| .csproj, pom.xml, package.json, go.mod | unknown | data of build tools |
| .sbt, .kts, .cake | Scala, Kotlin, C# | build scripts in the whole language |
| .blade.php | unknown | the Blade template language |
"""

LANGUAGES: tuple[str, ...] = (
    "C++",
    "Python",
    "Java",
    "JavaScript",
    "C",
    "Go",
    "HTML",
    "Shell",
    "PHP",
    "CSS",
    "TypeScript",
    "SQL",
    "TeX",
    "Rust",
    "Objective-C",
    "Scala",
    "Kotlin",
    "Pascal",
    "Fortran",
    "R",
    "Cuda",
    "C#",
    "Objective-C++",
)
"""CodeGeeX's languages in its order: by number of tokens, except from SQL on."""

EXTENSIONS: dict[str, str] = {
    "C++": "cpp cc cxx c++ cp hpp hh hxx h++ hp inl ipp ixx cppm cxxm c++m tcc tpp txx ino",
    "Python": "py pyi pyw py3 pyde pyp gyp gypi wsgi tac xpy",
    "Java": "java jav jsh",
    "JavaScript": "js jsx mjs cjs es6 jsm javascript pac ssjs sjs njs xsjs xsjslib jscad jake jsb",
    "C": "c idc cats",
    "Go": "go",
    "HTML": "html htm xhtml xht shtml hta",
    "Shell": "sh bash zsh ksh mksh bats command tmux zsh-theme ebuild eclass",
    "PHP": "php3 php4 php5 php7 php8 phps phpt phtml ctp",
    "CSS": "css",
    "TypeScript": "mts cts",
    "SQL": "pgsql plsql pks pkb pls plb bdy tpb tps mysql",
    "TeX": "tex sty ltx latex dtx bbx cbx lbx mkii mkiv mkvi clo tikz",
    "Scala": "scala sbt kojo",
    "Kotlin": "kt kts ktm",
    "Pascal": "dpr lpr dpk",
    "Fortran": "f90 f95 f03 f08 f18 f77 ftn fpp",
    "R": "rsx",
    "Cuda": "cu cuh",
    "C#": "csx cake",
}
"""Extensions that decide the language, by language."""

CASED: dict[str, str] = {"C": "C++", "H": "C++", "CPP": "C++"}
"""Case-sensitive extensions, looked up first."""

AMBIGUOUS: dict[str, str] = {
    "header": "h",
    "objective_c": "m",
    "objective_cpp": "mm",
    "typescript": "ts",
    "tsx": "tsx",
    "tex_class": "cls ins def fd ldf",
    "r": "r",
    "include": "inc",
    "script": "cgi fcgi",
    "php": "php",
    "drupal": "module theme engine profile",
    "install": "install",
    "sql": "sql ddl dml tab prc spc fnc trg vw viw udf cql db2",
    "fortran": "f for",
    "pascal": "pas pp",
    "csharp": "cs",
    "rust": "rs",
    "scala": "sc",
}
"""Extensions that several languages share, by the group of `extension_groups` that decides."""

FILE_NAMES: dict[str, str] = {
    "Python": "SConstruct SConscript wscript DEPS .gclient .pythonrc .pythonstartup",
    "JavaScript": "Jakefile",
    "Shell": ".bashrc .bash_profile .bash_login .bash_logout .bash_aliases .bash_functions "
    ".profile .zshrc .zshenv .zprofile .zlogin .zlogout .kshrc .mkshrc .shrc .xinitrc .xprofile "
    ".xsession .xsessionrc .envrc bashrc bash_profile bash_logout bash_aliases zshrc zshenv "
    "zprofile zlogin zlogout kshrc profile xinitrc PKGBUILD APKBUILD gradlew mvnw configure "
    "config.guess config.sub config.status install-sh depcomp libtool ylwrap mkinstalldirs",
    "PHP": ".php_cs .php_cs.dist .php-cs-fixer.dist Phakefile",
    "R": ".Rprofile Rprofile Rprofile.site expr-dist",
}
"""Whole file names (case-sensitive) that decide the language, by language."""

INTERPRETERS: dict[str, str] = {
    "Python": "python pythonw pypy ipython bpython jython micropython circuitpython uv pipx",
    "Java": "java jshell jbang",
    "JavaScript": "node nodejs js rhino d8 v8 gjs qjs njs phantomjs casperjs iojs jsc zx",
    "C": "tcc",
    "Go": "gorun yaegi",
    "Shell": "sh bash zsh ksh dash ash mksh pdksh lksh yash rbash bats bats-core openrc-run "
    "runscript rc.common zsh-static bash-static ksh93",
    "PHP": "php php-cgi php-cli",
    "TypeScript": "deno ts-node tsx bun ts-node-script ts-node-esm",
    "Rust": "rust-script run-cargo-script cargo-script",
    "Scala": "scala scala-cli amm",
    "Kotlin": "kotlin kotlinc kscript",
    "Pascal": "instantfpc",
    "R": "Rscript littler r R",
    "C#": "csharp dotnet-script csi scriptcs",
}
"""Interpreters in a shebang, without folder and version (python3.11 is python), by language."""

MODES: dict[str, str] = {
    "c++": "C++",
    "c": "C",
    "python": "Python",
    "sh": "Shell",
    "shell-script": "Shell",
    "java": "Java",
    "objc": "Objective-C",
}
"""Modes of an Emacs mode line, in lower case; used for files without known name or shebang (such as
the headers <vector>, <map> … of C++ libraries)."""

OTHER_EXTENSIONS: dict[str, str] = {
    "code": "pl pm t pod raku p6 rb rake gemspec ru erb lua tcl tk itcl exp awk gawk sed vim el "
    "lisp lsp cl scm ss rkt clj cljs cljc hs lhs elm ml mli mll mly fs fsi fsx erl hrl es "
    "ex exs eex swift dart groovy gradle gvy jl nim nims cr d di zig v sv svh vhd vhdl "
    "asm s nasm a51 cob cbl cpy abap ada adb ads pyx pxd pxi rpy sage bzl star smk coffee "
    "litcoffee ls iced vue svelte astro scss sass less styl stylus csh tcsh fish ps1 psm1 "
    "psd1 bat cmd vb vbs bas frm vba as hx hxml sol glsl vert frag hlsl metal wgsl thrift "
    "proto capnp graphql gql y yy l ll lex g4 g re2c rl aidl jsp jspx asp aspx ascx "
    "cshtml razor ejs hbs mustache handlebars jinja jinja2 j2 tpl tmpl twig slim liquid "
    "haml pug jade rmd rnw qmd q hql pig pro prolog plt mod pde gs idl odl m4 ac am in "
    "cmake mk mak ninja nix dhall apex trigger factor forth fth 4th eiffel e oz st rexx "
    "sml sas do ado stan wl ncl mzn",
    "data": "txt text md markdown rst adoc asciidoc org wiki nfo log out diff patch json jsonl "
    "ndjson json5 jsonc geojson topojson ipynb yaml yml toml ini cfg conf config "
    "properties env lock xml xsd xsl xslt dtd wsdl xaml xib storyboard plist resx ui qrc "
    "csproj vcxproj vbproj sln iml kml gpx csv tsv psv dat data po pot bib bst rd bbl aux "
    "toc map snap srt vtt desktop service htaccess pem crt cer asc sig sum typed list lst",
}
"""Extensions of other content, whatever the shebang (a Tcl script may start with #!/bin/sh): other
languages, templates and build files; data, settings and prose."""

NOT_SOURCE: dict[str, str] = {
    "graphics": "png jpg jpeg jpe jfif gif bmp dib ico icns cur tif tiff webp psd psb xcf tga "
    "dds exr hdr heic heif avif jp2 j2k jxl pcx ppm pgm pbm pnm pict svg svgz ai "
    "eps cdr indd cr2 nef xpm xbm ani blend fbx 3ds dae glb gltf stl ply obj dwg "
    "dxf skp step stp iges ttf otf ttc woff woff2 eot pfb pfm pfa fon fnt bdf pcf",
    "audio, video": "mp3 wav ogg oga opus flac aac m4a wma aif aiff aifc au mid midi amr mka snd "
    "voc mp4 m4v mov avi mkv webm wmv flv f4v mpg mpeg m2ts 3gp 3g2 ogv vob swf fla "
    "asf rm rmvb",
    "archives": "zip gz tgz bz2 tbz tbz2 xz txz lz lzma lz4 zst tzst z 7z rar tar jar war ear "
    "cab iso img dmg vmdk vdi qcow2 deb rpm apk aab ipa msi whl egg gem nupkg "
    "snupkg crx xpi cpio lzh arj vsix aar appx flatpak phar br",
    "compiled": "o a lib so dll dylib exe sys ocx pdb ilk lo la ko elf pyc pyo pyd class dex "
    "odex vdex elc beam luac wasm bc nib bin rom mo gmo qm rlib rmeta swiftmodule "
    "swo swp idb ncb suo gch snk node tlb",
    "documents": "pdf ps doc docx docm dotx xls xlsx xlsm xlsb ppt pptx pptm pps ppsx odt ods "
    "odp odg rtf epub mobi azw3 djvu chm hlp pages numbers keynote vsd vsdx pub one",
    "data": "db db3 sqlite sqlite3 mdb accdb dbf mdf myd myi parquet feather arrow avro orc "
    "h5 hdf5 hdf nc npy npz mat sav rda rds rdata pkl pickle joblib dill onnx pt "
    "pth ckpt safetensors tflite caffemodel mlmodel gguf ggml pb tfrecord pcap "
    "pcapng p12 pfx jks keystore der unity3d uasset umap assetbundle pak wad bsp",
}
"""Extensions of files that are not source code and need not be read: images, 3D models and fonts;
audio and video; archives, packages and disk images; compiler output; documents; databases, tables
of numbers, model weights, keys and game assets."""

NOT_SOURCE_NAMES: tuple[str, ...] = (".DS_Store", "Thumbs.db")
"""Whole file names of files that are not source code."""
