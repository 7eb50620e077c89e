/** Connection details of containers. */
@NullMarked
package dev.proactor.spring.boot.internal.service;

import org.jspecify.annotations.NullMarked;
