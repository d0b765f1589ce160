"""What tests share: clocks, ids, servers, contract suites."""
