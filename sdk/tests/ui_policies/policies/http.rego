allow if {
  http.send({"url": "http://x", "method": "get"}).status_code == 200
}
