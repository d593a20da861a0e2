using Homeostat.Drivers.Runtime.Oci.Native;
using Xunit;

namespace Homeostat.Drivers.Tests.Runtime.Oci.Keeper;

/// <summary>Finds the criu of one keeper, and only that one, and ends it while it works.</summary>
internal static class CriuOf
{
    /// <summary>So large that there is a middle of a dump or restore to end criu in. Answers <c>ok</c>.</summary>
    public const string LargeProgram = """
        import http.server, os
        memory = bytearray(256 << 20)
        for page in range(0, len(memory), 4096): memory[page] = 1
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self): self.send_response(200); self.send_header('Content-Length', '2'); self.end_headers(); self.wfile.write(b'ok')
            def log_message(self, *a): pass
        http.server.ThreadingHTTPServer(('0.0.0.0', int(os.environ['PORT'])), Handler).serve_forever()
        """;

    /// <param name="cellDirectory">What the keeper was started with as --dir.</param>
    /// <param name="isInTheMiddle">Looked at until true; then criu gets SIGKILL.</param>
    public static Task EndAsync(string cellDirectory, Func<bool> isInTheMiddle) => EndAsync(cellDirectory, _ => isInTheMiddle());

    public static async Task EndAsync(string cellDirectory, Func<int, bool> isInTheMiddle)
    {
        var keeper = KeeperOf(cellDirectory);
        await Task.Run(() =>
        {
            var criu = 0;
            Assert.True(
                SpinWait.SpinUntil(() => (criu = Find(keeper)) != 0 && isInTheMiddle(criu), TimeSpan.FromSeconds(20)),
                $"criu of keeper {keeper} was not seen at work (criu {criu})");
            Assert.Equal(0, Libc.Kill(criu, Libc.SigKill));
        });
    }

    /// <summary>Waits until the keeper has no criu any more and knows that.</summary>
    public static Task GoneAsync(string cellDirectory)
    {
        var keeper = KeeperOf(cellDirectory);
        return Waiting.UntilAsync(() => Find(keeper) == 0, () => "the end of criu");
    }

    private static int Find(int keeper) => ChildrenOf(keeper).FirstOrDefault(child => NameOf(child) == "criu");

    /// <summary>The one that stays: the process that starts a keeper has the same command line for a moment.</summary>
    public static int KeeperOf(string cellDirectory)
    {
        var keeper = 0;
        Assert.True(SpinWait.SpinUntil(() => (keeper = FindKeepers(cellDirectory) is [var only] ? only : 0) != 0, TimeSpan.FromSeconds(20)), $"no keeper of {cellDirectory}");
        return keeper;
    }

    private static List<int> FindKeepers(string cellDirectory) =>
        [.. Directory.GetDirectories("/proc").Select(path => int.TryParse(Path.GetFileName(path), out var pid) ? pid : 0)
            .Where(pid => pid > 0 && CommandOf(pid) is var command && command.Contains("--dir") && command.Contains(cellDirectory))];

    /// <summary>The program, which has pid 100 in its cell, gets its memory back; until then the restore is only prepared.</summary>
    public static bool Restores(int criu) =>
        ChildrenOf(criu).Any(child => Read(child, "status") is var status && status.Contains("\t100\n", StringComparison.Ordinal) && ResidentKiB(status) > 8 << 10);

    private static int ResidentKiB(string status) =>
        status.Split('\n').FirstOrDefault(line => line.StartsWith("VmRSS:", StringComparison.Ordinal)) is { } line
            ? int.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2])
            : 0;

    private static IEnumerable<int> ChildrenOf(int pid) =>
        Read(pid, $"task/{pid}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse);

    private static string[] CommandOf(int pid) => Read(pid, "cmdline").Split('\0');

    private static string NameOf(int pid) => Read(pid, "comm").Trim();

    /// <summary>Empty when the process is gone.</summary>
    private static string Read(int pid, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/{file}");
        }
        catch (IOException)
        {
            return "";
        }
    }
}
