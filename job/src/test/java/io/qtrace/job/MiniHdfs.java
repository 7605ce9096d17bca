package io.qtrace.job;

import java.io.IOException;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.hdfs.MiniDFSCluster;

/** HDFS in this JVM: a name node and a data node on the loopback interface. Close it. */
public final class MiniHdfs implements AutoCloseable {
  private final MiniDFSCluster cluster;

  private MiniHdfs(MiniDFSCluster cluster) {
    this.cluster = cluster;
  }

  /** Starts a file system whose blocks lie below the folder. */
  public static MiniHdfs start(Path folder) throws IOException {
    Configuration hadoop = new Configuration();
    hadoop.set(MiniDFSCluster.HDFS_MINIDFS_BASEDIR, folder.toString());
    hadoop.set("dfs.replication", "1");
    return new MiniHdfs(new MiniDFSCluster.Builder(hadoop).numDataNodes(1).build());
  }

  public FileSystem fileSystem() throws IOException {
    return cluster.getFileSystem();
  }

  /** The URI of an absolute path. */
  public String uri(String path) throws IOException {
    return cluster.getURI() + path;
  }

  /** Copies a local file or folder. */
  public void put(Path source, String path) throws IOException {
    fileSystem()
        .copyFromLocalFile(
            new org.apache.hadoop.fs.Path(source.toUri()), new org.apache.hadoop.fs.Path(path));
  }

  @Override
  public void close() {
    cluster.shutdown(true);
  }
}
