package dev.proactor.docs;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

/** What the poms say. */
final class Repository {

    private Repository() {}

    /** {@return the modules of the build, those that a profile adds included} */
    static List<String> modules() {
        return texts(parent(), "module");
    }

    /** {@return the profiles of the build} */
    static List<String> profiles() {
        List<String> ids = new ArrayList<>();
        NodeList profiles = parent().getElementsByTagName("profile");
        for (int i = 0; i < profiles.getLength(); i++) {
            ids.add(child((Element) profiles.item(i), "id"));
        }
        return ids;
    }

    /** {@return the version of this project} */
    static String version() {
        return child(parent(), "version");
    }

    /** {@return a property of the parent} */
    static String property(String name) {
        return texts(parent(), name).get(0);
    }

    /** {@return a module's own dependencies} */
    static List<Dependency> dependencies(String module) {
        return dependencies(pom(Block.TOP.resolve(module).resolve("pom.xml")));
    }

    /** {@return the dependencies that are declared anywhere in an element} */
    static List<Dependency> dependencies(Element element) {
        List<Dependency> dependencies = new ArrayList<>();
        if (element.getTagName().equals("dependency")) {
            dependencies.add(Dependency.of(element));
        }
        NodeList found = element.getElementsByTagName("dependency");
        for (int i = 0; i < found.getLength(); i++) {
            dependencies.add(Dependency.of((Element) found.item(i)));
        }
        return dependencies;
    }

    /**
     * A dependency of a pom; what is not said is empty.
     *
     * @param group its groupId
     * @param artifact its artifactId
     * @param version its version
     * @param scope its scope
     */
    record Dependency(String group, String artifact, String version, String scope) {

        static Dependency of(Element element) {
            return new Dependency(
                    child(element, "groupId"),
                    child(element, "artifactId"),
                    child(element, "version"),
                    child(element, "scope"));
        }

        Dependency withoutVersion() {
            return new Dependency(group, artifact, "", scope);
        }
    }

    static Element parse(String xml) {
        return parse(new InputSource(new java.io.StringReader(xml)));
    }

    /** {@return the text of an element's own child; empty if there is none} */
    static String child(Element element, String name) {
        for (var node = element.getFirstChild(); node != null; node = node.getNextSibling()) {
            if (node instanceof Element found && found.getTagName().equals(name)) {
                return found.getTextContent().strip();
            }
        }
        return "";
    }

    static List<String> texts(Element element, String name) {
        List<String> texts = new ArrayList<>();
        NodeList found = element.getElementsByTagName(name);
        for (int i = 0; i < found.getLength(); i++) {
            texts.add(found.item(i).getTextContent().strip());
        }
        return texts;
    }

    private static Element parent() {
        return pom(Block.TOP.resolve("pom.xml"));
    }

    private static Element pom(Path file) {
        try {
            return parse(Files.readString(file));
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static Element parse(InputSource source) {
        try {
            Document document = DocumentBuilderFactory.newDefaultInstance()
                    .newDocumentBuilder()
                    .parse(source);
            return document.getDocumentElement();
        } catch (Exception e) {
            throw new AssertionError("no XML", e);
        }
    }
}
