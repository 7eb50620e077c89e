/** Holds the documents to what is there: whoever changes one of both learns of the other. */
@NullMarked
package dev.proactor.docs;

import org.jspecify.annotations.NullMarked;
