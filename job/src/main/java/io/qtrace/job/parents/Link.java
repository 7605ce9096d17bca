package io.qtrace.job.parents;

/** Two different positions, the smaller first. */
record Link(int one, int other) implements Comparable<Link> {
  static Link between(int a, int b) {
    return new Link(Math.min(a, b), Math.max(a, b));
  }

  @Override
  public int compareTo(Link link) {
    return one == link.one ? Integer.compare(other, link.other) : Integer.compare(one, link.one);
  }
}
