"""`linli admin`: what an operator does over gRPC, by a table of acts (`acts`) and one mechanism for all."""
