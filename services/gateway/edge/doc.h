/* Prints the reference of all transactions as markdown, from the tables that check them. */
#ifndef YB_GATEWAY_DOC_H
#define YB_GATEWAY_DOC_H

#include <stdio.h>

void yb_doc_print(FILE *to);

#endif
