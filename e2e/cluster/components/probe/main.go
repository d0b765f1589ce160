// probe answers HTTP with a text (`serve TEXT`), or asks for texts (`get URL...`): what pods run in tests of a node.
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"time"
)

func main() {
	var err error
	switch {
	case len(os.Args) == 3 && os.Args[1] == "serve":
		err = http.ListenAndServe(":8080", http.HandlerFunc(func(to http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(to, os.Args[2])
		}))
	case len(os.Args) > 2 && os.Args[1] == "get":
		err = get(os.Args[2:])
	default:
		err = fmt.Errorf("probe serve TEXT, or probe get URL...")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func get(urls []string) error {
	client := http.Client{Timeout: 10 * time.Second}
	for _, url := range urls {
		answer, err := client.Get(url)
		if err != nil {
			return err
		}
		text, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if err != nil || answer.StatusCode != http.StatusOK {
			return fmt.Errorf("%s: %s %w", url, answer.Status, err)
		}
		fmt.Printf("%s: %s\n", url, text)
	}
	return nil
}
