namespace System;

#pragma warning disable CS0436, CA1051, CA2231 // These are preferred over the class library's: that is what they are for.

/// <summary>
/// The tuples that the compiler uses here in the place of the class library's, so that publishing can pad them: tests pass tuples of a few
/// small numbers to Assert.Equal, which Mono's code for s390x gets wrong (see StructArguments in guest/mono).
/// </summary>
public struct ValueTuple<T1, T2>(T1 item1, T2 item2) : IEquatable<ValueTuple<T1, T2>>
{
    public T1 Item1 = item1;
    public T2 Item2 = item2;

    public readonly bool Equals(ValueTuple<T1, T2> other) =>
        EqualityComparer<T1>.Default.Equals(Item1, other.Item1) && EqualityComparer<T2>.Default.Equals(Item2, other.Item2);

    public override readonly bool Equals(object? obj) => obj is ValueTuple<T1, T2> other && Equals(other);

    public override readonly int GetHashCode() => HashCode.Combine(Item1, Item2);

    public override readonly string ToString() => $"({Item1}, {Item2})";
}

/// <inheritdoc cref="ValueTuple{T1, T2}"/>
public struct ValueTuple<T1, T2, T3>(T1 item1, T2 item2, T3 item3) : IEquatable<ValueTuple<T1, T2, T3>>
{
    public T1 Item1 = item1;
    public T2 Item2 = item2;
    public T3 Item3 = item3;

    public readonly bool Equals(ValueTuple<T1, T2, T3> other) =>
        EqualityComparer<T1>.Default.Equals(Item1, other.Item1) && EqualityComparer<T2>.Default.Equals(Item2, other.Item2)
        && EqualityComparer<T3>.Default.Equals(Item3, other.Item3);

    public override readonly bool Equals(object? obj) => obj is ValueTuple<T1, T2, T3> other && Equals(other);

    public override readonly int GetHashCode() => HashCode.Combine(Item1, Item2, Item3);

    public override readonly string ToString() => $"({Item1}, {Item2}, {Item3})";
}
