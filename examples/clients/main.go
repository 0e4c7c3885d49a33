// A client in Go without any module: prints the ids of partitions, page by page, or why it may not.
package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"time"
)

type page struct {
	Partitions    []struct{ ID string }
	NextPageToken string
}

type failure struct {
	Code, Message string
	Details       []struct{ Debug struct{ Reason string } }
}

func main() {
	for token, more := "", true; more; more = token != "" {
		var found page
		if err := call("metal.v1.PartitionService/List", map[string]any{"pageSize": 100, "pageToken": token}, &found); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		for _, partition := range found.Partitions {
			fmt.Println(partition.ID)
		}
		token = found.NextPageToken
	}
}

// call sends a request with a fresh signature, because a second use of one is refused.
func call(procedure string, request, answer any) error {
	body, err := json.Marshal(request)
	if err != nil {
		return err
	}
	req, err := http.NewRequest(http.MethodPost, os.Getenv("METAL_API_URL")+"/"+procedure, bytes.NewReader(body))
	if err != nil {
		return err
	}
	date, salt := time.Now().UTC().Format(time.RFC3339), rand.Text()
	req.Header.Set("content-type", "application/json")
	req.Header.Set("authorization", os.Getenv("METAL_API_HMAC_AUTH_TYPE")+" "+mac(os.Getenv("METAL_API_HMAC"), date, req.Method, salt))
	req.Header.Set("x-date", date)
	req.Header.Set("x-data-salt", salt)
	res, err := (&http.Client{Timeout: 30 * time.Second}).Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusOK {
		return json.NewDecoder(res.Body).Decode(answer)
	}
	var refused failure
	if err := json.NewDecoder(res.Body).Decode(&refused); err != nil {
		return err
	}
	reason := refused.Code
	if len(refused.Details) > 0 {
		reason = refused.Details[0].Debug.Reason
	}
	return fmt.Errorf("%s: %s (%s)", reason, refused.Message, res.Header.Get("trace-id"))
}

func mac(key, date, method, salt string) string {
	sum := hmac.New(sha256.New, []byte(key))
	sum.Write([]byte(date + method + salt))
	return hex.EncodeToString(sum.Sum(nil))
}
