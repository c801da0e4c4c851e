// How a routine is called: without a GC transition, which is what makes it cheap, where the runtime can do that. The copy takes longer, and may wait
// for a disk: a garbage collection does not wait for it.
global using unsafe CopyPointer = delegate* unmanaged[Cdecl]<byte*, byte*, nuint, ulong>;
#if NET
global using unsafe LoadPointer = delegate* unmanaged[SuppressGCTransition]<byte*, VfioSharp.Mmio.LoadResult>;
global using unsafe MioBarrierPointer = delegate* unmanaged[SuppressGCTransition]<int>;
global using unsafe MioBlockPointer = delegate* unmanaged[SuppressGCTransition]<nuint, nuint, byte*, ulong*, int>;
global using unsafe MioLoadPointer = delegate* unmanaged[SuppressGCTransition]<nuint, nuint, ulong*, int>;
global using unsafe MioStorePointer = delegate* unmanaged[SuppressGCTransition]<nuint, nuint, ulong, ulong*, int>;
global using unsafe StorePointer = delegate* unmanaged[SuppressGCTransition]<byte*, ulong, ulong>;
#else
global using unsafe LoadPointer = delegate* unmanaged[Cdecl]<byte*, VfioSharp.Mmio.LoadResult>;
global using unsafe MioBarrierPointer = delegate* unmanaged[Cdecl]<int>;
global using unsafe MioBlockPointer = delegate* unmanaged[Cdecl]<nuint, nuint, byte*, ulong*, int>;
global using unsafe MioLoadPointer = delegate* unmanaged[Cdecl]<nuint, nuint, ulong*, int>;
global using unsafe MioStorePointer = delegate* unmanaged[Cdecl]<nuint, nuint, ulong, ulong*, int>;
global using unsafe StorePointer = delegate* unmanaged[Cdecl]<byte*, ulong, ulong>;
#endif
