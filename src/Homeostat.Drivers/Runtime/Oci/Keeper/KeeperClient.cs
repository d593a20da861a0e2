using System.Globalization;
using System.Net.Sockets;
using Homeostat.Core.Runtime;

namespace Homeostat.Drivers.Runtime.Oci.Keeper;

/// <summary>
/// The platform's end of one keeper. Safe for concurrent use; the keeper takes one order after the other and answers in that order.
/// </summary>
/// <remarks>
/// Callers go on on the thread pool, never on the reading loop: one that then keeps its thread busy, a poll that always finds its timer due for
/// instance, would keep the news of the cell's end from everybody, itself included. Cancelling stops the waiting, not the order: end the cell to undo.
/// </remarks>
internal sealed class KeeperClient : IAsyncDisposable
{
    private readonly Socket _socket;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, TaskCompletionSource<KeeperPacket?>> _waiting = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource<ExitInfo> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _reading;
    private long _lastTag;
    private bool _gone;
    private bool _disposed;

    private KeeperClient(Socket socket)
    {
        _socket = socket;
        _reading = ReadAsync();
    }

    /// <summary>Completes when the cell ended with its program (not when the program became an image), or the keeper died; not after disposing. Never faults.</summary>
    public Task<ExitInfo> Exited => _exited.Task;

    /// <param name="directory">The cell's directory, as in <see cref="KeeperSettings.Directory"/>.</param>
    /// <exception cref="SocketException">No keeper answers there: the cell is gone.</exception>
    public static async Task<KeeperClient> ConnectAsync(string directory, CancellationToken cancel)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
        try
        {
            socket.SendBufferSize = 2 * KeeperPacket.BytesMax;
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(directory, "keeper.sock")), cancel);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        return new KeeperClient(socket);
    }

    /// <exception cref="IOException">The keeper is gone.</exception>
    public async Task<KeeperStatus> StatusAsync(CancellationToken cancel)
    {
        var answer = await AskAsync(new KeeperPacket("status"), cancel) ?? throw new IOException("the keeper is gone");
        var exit = answer["state"] == "ended" ? ExitOf(answer) : null;
        if (exit is not null)
        {
            _exited.TrySetResult(exit);
        }

        return new KeeperStatus(answer["state"] ?? "", answer.Number("init") ?? 0, answer.Number("pid"), exit, answer["dumped"], answer["lost"]);
    }

    /// <summary>Executes a program in the empty cell. Kind <c>program</c>: it could not be executed, the reason tells the step and the error.</summary>
    public Task<KeeperAnswer> StartAsync(ProgramStart start, CancellationToken cancel) =>
        OrderAsync(
            new KeeperPacket("start").With("cwd", start.Workdir).With("log", start.LogDirectory)
                .With("arg", start.Arguments).With("env", start.Environment),
            cancel);

    /// <summary>
    /// Restores an image into the empty cell; returns the moment the program runs. Kind <c>image</c>: the restore failed and the cell has ended.
    /// </summary>
    /// <param name="image">Path directly below one of the image roots.</param>
    /// <param name="consume">True for a sleep image: it is moved away before the attempt, so that nothing can restore it twice.</param>
    /// <param name="park">Stop before the first instruction; <see cref="ResumeAsync"/> lets it run.</param>
    /// <param name="log">Log directory of the instance.</param>
    /// <param name="stopped">The image was dumped stopped (a primed template): continue it after the restore.</param>
    public Task<KeeperAnswer> RestoreAsync(string image, bool consume, bool park, string log, CancellationToken cancel, bool stopped = false)
    {
        var packet = new KeeperPacket("restore").With("image", image).WithFlag("consume", consume).WithFlag("continue", stopped).With("log", log);
        return OrderAsync(park ? packet.With("until", "parked") : packet, cancel);
    }

    /// <summary>
    /// Begins the restore of an image into the empty cell and stops before its memory is read: processes, files and mappings are made, and
    /// <see cref="ResumeAsync"/>, or <see cref="RestoreAsync"/> of the same image, has half as much to do. What goes wrong after the answer is told by those.
    /// Kind <c>image</c>: it failed, and the cell has ended.
    /// </summary>
    /// <param name="consume">True for a sleep image: it is moved away now, and returns to its place if the cell is ended without having been resumed.</param>
    public Task<KeeperAnswer> PrepareAsync(string image, bool consume, CancellationToken cancel) =>
        OrderAsync(new KeeperPacket("restore").With("image", image).WithFlag("consume", consume).With("until", "prepared"), cancel);

    /// <summary>Lets the parked program run, or finishes what <see cref="PrepareAsync"/> began. <paramref name="log"/>: log directory of the instance that it becomes.</summary>
    public Task<KeeperAnswer> ResumeAsync(string log, CancellationToken cancel, bool stopped = false) =>
        OrderAsync(new KeeperPacket("resume").With("log", log).WithFlag("continue", stopped), cancel);

    /// <summary>
    /// Dumps the program into the existing, empty directory <paramref name="image"/>. With <paramref name="leave"/> it runs on, else it is gone and
    /// the cell empty. Kind <c>refused</c>: criu could not, the program runs on; <c>lost</c>: criu broke in the middle, the cell has ended.
    /// </summary>
    /// <param name="watched">Directories of the cell whose files the program may watch by inotify; without them such a program is refused on overlay roots.</param>
    public Task<KeeperAnswer> DumpAsync(string image, bool leave, CancellationToken cancel, IReadOnlyList<string>? watched = null) =>
        OrderAsync(new KeeperPacket("dump").With("image", image).WithFlag("leave", leave).With("watched", watched ?? []), cancel);

    /// <summary>
    /// Resets the random generators of the program for clones and leaves it stopped: dump it next, or let it run on by SIGCONT (18). Kind
    /// <c>refused</c>: it runs on, unprimed; <c>lost</c>: the cell has ended. The findings are for <c>CloneSafety</c> in every case.
    /// </summary>
    /// <param name="patience">How long to wait for a moment in which every thread waits. 1 to 60 s.</param>
    public Task<KeeperAnswer> PrimeAsync(TimeSpan patience, CancellationToken cancel) =>
        OrderAsync(new KeeperPacket("prime").With("seconds", ((int)patience.TotalSeconds).ToString(CultureInfo.InvariantCulture)), cancel);

    /// <summary>Draws random numbers from a trial clone, which is of no other use afterwards; they are among the findings.</summary>
    public Task<KeeperAnswer> DrawAsync(CancellationToken cancel) => OrderAsync(new KeeperPacket("draw"), cancel);

    /// <summary>Sends a signal (1..64) to the program.</summary>
    public Task<KeeperAnswer> SignalAsync(int signal, CancellationToken cancel) =>
        OrderAsync(new KeeperPacket("signal").With("number", signal.ToString(CultureInfo.InvariantCulture)), cancel);

    /// <summary>Kills everything in the cell; the keeper stays and can be asked for the exit. A keeper that is gone is a success.</summary>
    public Task EndAsync(CancellationToken cancel) => OrderAsync(new KeeperPacket("end"), cancel);

    /// <summary>Kills everything in the cell, removes the container and ends the keeper. A keeper that is gone is a success.</summary>
    public Task QuitAsync(CancellationToken cancel) => OrderAsync(new KeeperPacket("quit"), cancel);

    public async ValueTask DisposeAsync()
    {
        _disposed = true;
        _socket.Dispose();
        await _reading;
    }

    /// <summary>Sends an order of whatever verb and gives its answer.</summary>
    internal async Task<KeeperAnswer> OrderAsync(KeeperPacket order, CancellationToken cancel)
    {
        var answer = await AskAsync(order, cancel);
        if (answer is null)
        {
            return new KeeperAnswer(false, "gone", "the keeper of the cell is gone", null);
        }

        var findings = answer.Fields.Where(f => f.Key == "found").Select(f => f.Value).ToList();
        return answer.Verb == "ok"
            ? new KeeperAnswer(true, "", "", answer.Number("pid")) { Findings = findings, Stages = StagesOf(answer) }
            : new KeeperAnswer(false, answer["kind"] ?? "protocol", answer["reason"] ?? "", answer.Number("pid")) { Findings = findings };
    }

    private static List<KeyValuePair<string, TimeSpan>> StagesOf(KeeperPacket packet)
    {
        var stages = new List<KeyValuePair<string, TimeSpan>>();
        foreach (var stage in packet.Fields.Where(f => f.Key == "stage").Select(f => f.Value.Split(' ')))
        {
            if (stage.Length == 2 && long.TryParse(stage[1], NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds))
            {
                stages.Add(new(stage[0], TimeSpan.FromMicroseconds(microseconds)));
            }
        }

        return stages;
    }

    private static ExitInfo ExitOf(KeeperPacket packet)
    {
        // A wait status of the kernel: the low seven bits are the signal, the next byte the code.
        var status = packet.Number("status") ?? 9;
        var signal = status & 0x7f;
        return new ExitInfo(signal == 0 ? (status >> 8) & 0xff : null, signal == 0 ? null : signal, packet.Number("oom") == 1, packet.Number("left") == 1);
    }

    /// <summary>Null when the keeper is gone.</summary>
    private async Task<KeeperPacket?> AskAsync(KeeperPacket order, CancellationToken cancel)
    {
        var tag = Interlocked.Increment(ref _lastTag).ToString(CultureInfo.InvariantCulture);
        var source = new TaskCompletionSource<KeeperPacket?>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_gone)
            {
                return null;
            }

            _waiting.Add(tag, source);
        }

        try
        {
            await _socket.SendAsync(order.With("tag", tag).Encode(), SocketFlags.None, cancel);
            return await source.Task.WaitAsync(cancel);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return null;
        }
        finally
        {
            lock (_lock)
            {
                _waiting.Remove(tag);
            }
        }
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[KeeperPacket.BytesMax];
        try
        {
            int count;
            while ((count = await _socket.ReceiveAsync(buffer.AsMemory(), SocketFlags.None)) > 0)
            {
                Deliver(KeeperPacket.Decode(buffer.AsSpan(0, count)));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The same as end of file: whoever waits is told below.
        }

        List<TaskCompletionSource<KeeperPacket?>> waiting;
        lock (_lock)
        {
            _gone = true;
            waiting = [.. _waiting.Values];
        }

        waiting.ForEach(w => w.TrySetResult(null));
        // The keeper's death is the cell's; our own leaving is not.
        if (!_disposed)
        {
            _exited.TrySetResult(new ExitInfo(null, 9, false));
        }
    }

    private void Deliver(KeeperPacket? packet)
    {
        if (packet is null)
        {
            return;
        }

        if (packet.Verb == "exited")
        {
            _exited.TrySetResult(ExitOf(packet));
            return;
        }

        TaskCompletionSource<KeeperPacket?>? source;
        lock (_lock)
        {
            _waiting.TryGetValue(packet["tag"] ?? "", out source);
        }

        // None: its caller was cancelled.
        source?.TrySetResult(packet);
    }
}
