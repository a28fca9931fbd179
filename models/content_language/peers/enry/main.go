// Command enry names the languages of files by their content alone, with go-enry: by a mode line, or
// else a shebang, or else its classifier, among the languages that the arguments name.
//
// Standard input: for each file, its length in bytes on a line of its own, then its bytes.
// Standard output: for each file, its language on a line; empty where there is none.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"

	"github.com/go-enry/go-enry/v2"
)

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for {
		var size int
		if _, err := fmt.Fscanf(in, "%d\n", &size); err != nil {
			return
		}
		text := make([]byte, size)
		if _, err := io.ReadFull(in, text); err != nil {
			fmt.Fprintln(os.Stderr, "a file is cut short:", err)
			os.Exit(1)
		}
		fmt.Fprintln(out, language(text))
	}
}

func language(text []byte) string {
	if name, _ := enry.GetLanguageByModeline(text); name != "" {
		return name
	}
	if name, _ := enry.GetLanguageByShebang(text); name != "" {
		return name
	}
	name, _ := enry.GetLanguageByClassifier(text, os.Args[1:])
	return name
}
